namespace OciRun.Runtime.Lifecycle;

/// <summary>The command line of exec.</summary>
/// <param name="Id">The container's id, as given.</param>
public sealed record ExecOptions(string Id)
{
    /// <summary>Absolute path of a process document (config.md, Process), which then says all of the process; null: <see cref="Changes"/> do.</summary>
    public string? ProcessFile { get; init; }

    /// <summary>What differs from the process of the container's own config.</summary>
    public ProcessChanges Changes { get; init; } = new();

    /// <summary>Return when the program runs, not when it ends.</summary>
    public bool Detach { get; init; }

    /// <summary>AF_UNIX socket that gets the terminal's master.</summary>
    public string? ConsoleSocket { get; init; }

    /// <summary>AF_UNIX socket that gets a pidfd of the process.</summary>
    public string? PidfdSocket { get; init; }

    /// <summary>Absolute path of the file that gets the pid of the process.</summary>
    public string? PidFile { get; init; }

    /// <summary>Descriptors from 3 on that the program keeps.</summary>
    public int PreserveFds { get; init; }

    /// <summary>Cgroups below the container's: a path, or <c>controller[,controller...]:path</c> each.</summary>
    public IReadOnlyList<string> Cgroups { get; init; } = [];

    /// <summary>A paused container is no error: the process waits for its resumption.</summary>
    public bool IgnorePaused { get; init; }
}
