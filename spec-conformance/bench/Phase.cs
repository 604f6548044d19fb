namespace OciRun.Bench;

/// <summary>What is measured, in the order of the tables.</summary>
internal enum Phase
{
    /// <summary>`run` of the default bundle.</summary>
    Run,
    Create,
    State,
    Start,
    Delete,

    /// <summary>Create, start and delete of the same container, added up round by round.</summary>
    Sum,

    /// <summary>`exec` of /bin/true in a container that lives all the time.</summary>
    Exec,

    /// <summary>`run` of a config as podman writes it, without its seccomp profile.</summary>
    Podman,

    /// <summary>With it, compiled before where the runtime keeps the result.</summary>
    SeccompWarm,

    /// <summary>With it, every cache empty.</summary>
    SeccompCold,

    /// <summary>Memory only: the process that waits for `start`.</summary>
    Waiting,
}
