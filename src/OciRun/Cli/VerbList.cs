using OciRun.Verbs;

namespace OciRun.Cli;

/// <summary>All verbs by name.</summary>
internal static class VerbList
{
    /// <summary>In the order in which help lists them.</summary>
    internal static readonly string[] Names =
    [
        "create", "start", "run", "exec", "state", "kill", "delete", "list", "ps", "pause", "resume", "update", "events", "checkpoint", "restore", "spec", "features", "image", "unpack", "diff", "commit", "build", "version",
    ];

    /// <summary>Builds one; null for an unknown name.</summary>
    internal static Verb? Create(string name) => name switch
    {
        "create" => new CreateVerb(),
        "start" => new StartVerb(),
        "run" => new RunVerb(),
        "exec" => new ExecVerb(),
        "state" => new StateVerb(),
        "kill" => new KillVerb(),
        "delete" => new DeleteVerb(),
        "list" => new ListVerb(),
        "ps" => new PsVerb(),
        "pause" => new PauseVerb(),
        "resume" => new ResumeVerb(),
        "update" => new UpdateVerb(),
        "events" => new EventsVerb(),
        "checkpoint" => new CheckpointVerb(),
        "restore" => new RestoreVerb(),
        "spec" => new SpecVerb(),
        "features" => new FeaturesVerb(),
        "image" => new ImageVerb(),
        "unpack" => new UnpackVerb(),
        "diff" => new DiffVerb(),
        "commit" => new CommitVerb(),
        "build" => new BuildVerb(),
        "version" => new VersionVerb(),
        "remove-directory" => new RemoveDirectoryVerb(), // started by ourselves only, and not in help
        _ => null,
    };
}
