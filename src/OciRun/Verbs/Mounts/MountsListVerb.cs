using OciRun.Cli;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Verbs.Mounts;

/// <summary>ocirun mounts list.</summary>
internal sealed class MountsListVerb : Verb
{
    private readonly OutputFormat _format;

    internal MountsListVerb() : base("mounts list", "Lists all mounts of a container, as its first process sees them.") => _format = new OutputFormat(Options, ["table", "json"]);

    internal override bool IsQuiet => true;

    internal override int Execute(Invocation call)
    {
        bool json = _format.Read(call) == "json";
        var entries = MountChanger.List(call.Runtime, call.Id);
        call.Output(json ? MountText.Json(entries) : MountText.Table(entries));
        return 0;
    }
}
