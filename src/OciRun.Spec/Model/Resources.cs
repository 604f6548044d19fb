namespace OciRun.Spec;

/// <summary>linux.resources.</summary>
public sealed class Resources
{
    /// <summary>cgroup v2 files and their values.</summary>
    public Dictionary<string, string>? Unified { get; set; }

    /// <summary>Device access rules, in order.</summary>
    public DeviceRule[]? Devices { get; set; }

    /// <summary>Memory limits.</summary>
    public MemoryResources? Memory { get; set; }

    /// <summary>CPU limits.</summary>
    public CpuResources? Cpu { get; set; }

    /// <summary>Task limits.</summary>
    public PidsResources? Pids { get; set; }

    /// <summary>Block device limits.</summary>
    public BlockIoResources? BlockIO { get; set; }

    /// <summary>Huge page limits.</summary>
    public HugepageLimit[]? HugepageLimits { get; set; }

    /// <summary>Network classes (v1).</summary>
    public NetworkResources? Network { get; set; }

    /// <summary>RDMA limits by device.</summary>
    public Dictionary<string, RdmaLimit>? Rdma { get; set; }
}
