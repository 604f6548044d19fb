namespace OciRun.Spec;

/// <summary>process (config.md, Process).</summary>
public sealed class Process
{
    /// <summary>A terminal is attached.</summary>
    public bool Terminal { get; set; }

    /// <summary>Size of the terminal, in characters.</summary>
    public ConsoleSize? ConsoleSize { get; set; }

    /// <summary>Ids of the program.</summary>
    public User? User { get; set; }

    /// <summary>Program and arguments, as for execvp(3).</summary>
    public string[]? Args { get; set; }

    /// <summary>Windows only.</summary>
    public string? CommandLine { get; set; }

    /// <summary>The environment, as environ(7).</summary>
    public string[]? Env { get; set; }

    /// <summary>Working directory; absolute.</summary>
    public string? Cwd { get; set; }

    /// <summary>Capability sets, capabilities(7).</summary>
    public Capabilities? Capabilities { get; set; }

    /// <summary>Resource limits, setrlimit(2).</summary>
    public Rlimit[]? Rlimits { get; set; }

    /// <summary>PR_SET_NO_NEW_PRIVS.</summary>
    public bool? NoNewPrivileges { get; set; }

    /// <summary>AppArmor profile of the program.</summary>
    public string? ApparmorProfile { get; set; }

    /// <summary>proc_pid_oom_score_adj(5); null leaves it as it is.</summary>
    public int? OomScoreAdj { get; set; }

    /// <summary>sched_setattr(2).</summary>
    public Scheduler? Scheduler { get; set; }

    /// <summary>SELinux label of the program.</summary>
    public string? SelinuxLabel { get; set; }

    /// <summary>ioprio_set(2).</summary>
    public IoPriority? IoPriority { get; set; }

    /// <summary>CPU affinity of exec.</summary>
    public ExecCpuAffinity? ExecCPUAffinity { get; set; }
}
