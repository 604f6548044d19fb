using OciRun.Verbs;

namespace OciRun.Cli;

/// <summary>All verbs by name.</summary>
internal static class VerbList
{
    /// <summary>In the order in which help lists them.</summary>
<<<<<<< HEAD
    internal static readonly string[] Names = ["create", "start", "run", "state", "kill", "delete", "list", "spec", "unpack", "version"];
=======
    internal static readonly string[] Names = ["create", "start", "run", "state", "kill", "delete", "list", "spec", "image", "version"];
>>>>>>> h/spec

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
<<<<<<< HEAD
        "unpack" => new UnpackVerb(),
=======
        "image" => new ImageVerb(),
>>>>>>> h/spec
        "version" => new VersionVerb(),
        _ => null,
    };
}
