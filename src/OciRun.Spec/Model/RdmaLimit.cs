namespace OciRun.Spec;

/// <summary>Limits of an RDMA device.</summary>
public sealed class RdmaLimit
{
    /// <summary>Handles.</summary>
    public uint? HcaHandles { get; set; }

    /// <summary>Objects.</summary>
    public uint? HcaObjects { get; set; }
}
