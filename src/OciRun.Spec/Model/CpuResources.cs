namespace OciRun.Spec;

/// <summary>linux.resources.cpu.</summary>
public sealed class CpuResources
{
    /// <summary>Relative share.</summary>
    public ulong? Shares { get; set; }

    /// <summary>Microseconds per period.</summary>
    public long? Quota { get; set; }

    /// <summary>Microseconds that may be accumulated.</summary>
    public ulong? Burst { get; set; }

    /// <summary>Microseconds.</summary>
    public ulong? Period { get; set; }

    /// <summary>Microseconds (v1).</summary>
    public long? RealtimeRuntime { get; set; }

    /// <summary>Microseconds (v1).</summary>
    public ulong? RealtimePeriod { get; set; }

    /// <summary>CPU list.</summary>
    public string? Cpus { get; set; }

    /// <summary>Memory node list.</summary>
    public string? Mems { get; set; }

    /// <summary>0 or 1.</summary>
    public long? Idle { get; set; }
}
