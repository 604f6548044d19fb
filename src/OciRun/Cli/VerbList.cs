using OciRun.Verbs;

namespace OciRun.Cli;

/// <summary>All verbs by name.</summary>
internal static class VerbList
{
    /// <summary>In the order in which help lists them.</summary>
    internal static readonly string[] Names =
    [
        "create", "start", "run", "exec", "state", "kill", "delete", "list", "ps", "pause", "resume", "update", "mounts", "events", "checkpoint", "restore", "spec", "validate", "explain", "seccomp", "features",
        "image", "unpack", "diff", "commit", "build", "completion", "version",
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
        "mounts" => new MountsVerb(),
        "events" => new EventsVerb(),
        "checkpoint" => new CheckpointVerb(),
        "restore" => new RestoreVerb(),
        "spec" => new SpecVerb(),
        "validate" => new ValidateVerb(),
        "explain" => new ExplainVerb(),
        "seccomp" => new SeccompVerb(),
        "features" => new FeaturesVerb(),
        "image" => new ImageVerb(),
        "unpack" => new UnpackVerb(),
        "diff" => new DiffVerb(),
        "commit" => new CommitVerb(),
        "build" => new BuildVerb(),
        "completion" => new CompletionVerb(),
        "version" => new VersionVerb(),
        "complete" => new CompleteVerb(), // asked by the scripts of completion only, and not in help
        "remove-directory" => new RemoveDirectoryVerb(), // started by ourselves only, and not in help
        _ => null,
    };
}
