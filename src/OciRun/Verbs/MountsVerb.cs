using OciRun.Cli;
using OciRun.Verbs.Mounts;

namespace OciRun.Verbs;

/// <summary>ocirun mounts.</summary>
internal sealed class MountsVerb() : GroupVerb("mounts", "Changes what is mounted in a container that runs.")
{
    internal override string[] Names => ["add", "remove", "list"];

    internal override Verb? Create(string name) => name switch
    {
        "add" => new MountsAddVerb(),
        "remove" => new MountsRemoveVerb(),
        "list" => new MountsListVerb(),
        _ => null,
    };
}
