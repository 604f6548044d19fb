using OciRun.Cli;
using OciRun.Verbs.Seccomp;

namespace OciRun.Verbs;

/// <summary>ocirun seccomp.</summary>
internal sealed class SeccompVerb() : GroupVerb("seccomp", "Looks into the system call filter of a bundle.")
{
    internal override string[] Names => ["dump", "explain"];

    internal override Verb? Create(string name) => name switch
    {
        "dump" => new SeccompDumpVerb(),
        "explain" => new SeccompExplainVerb(),
        _ => null,
    };
}
