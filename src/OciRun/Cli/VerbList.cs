using OciRun.Verbs;

namespace OciRun.Cli;

/// <summary>All verbs by name.</summary>
internal static class VerbList
{
    /// <summary>In the order in which help lists them.</summary>
    internal static readonly string[] Names = ["create", "start", "run", "state", "kill", "delete", "list", "spec", "image", "unpack", "diff", "commit", "version"];

    /// <summary>Builds one; null for an unknown name.</summary>
    internal static Verb? Create(string name) => name switch
    {
        "create" => new CreateVerb(),
        "start" => new StartVerb(),
        "run" => new RunVerb(),
        "state" => new StateVerb(),
        "kill" => new KillVerb(),
        "delete" => new DeleteVerb(),
        "list" => new ListVerb(),
        "spec" => new SpecVerb(),
        "image" => new ImageVerb(),
        "unpack" => new UnpackVerb(),
        "diff" => new DiffVerb(),
        "commit" => new CommitVerb(),
        "version" => new VersionVerb(),
        "remove-directory" => new RemoveDirectoryVerb(), // started by ourselves only, and not in help
        _ => null,
    };
}
