namespace OciRun.Spec;

/// <summary>process.scheduler.</summary>
public sealed class Scheduler
{
    /// <summary>SCHED_*.</summary>
    public string? Policy { get; set; }

    /// <summary>Nice value.</summary>
    public int? Nice { get; set; }

    /// <summary>Static priority.</summary>
    public int? Priority { get; set; }

    /// <summary>SCHED_FLAG_*.</summary>
    public string[]? Flags { get; set; }

    /// <summary>Nanoseconds.</summary>
    public ulong? Runtime { get; set; }

    /// <summary>Nanoseconds.</summary>
    public ulong? Deadline { get; set; }

    /// <summary>Nanoseconds.</summary>
    public ulong? Period { get; set; }
}
