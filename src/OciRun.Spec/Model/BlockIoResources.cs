namespace OciRun.Spec;

/// <summary>linux.resources.blockIO.</summary>
public sealed class BlockIoResources
{
    /// <summary>10 to 1000.</summary>
    public ushort? Weight { get; set; }

    /// <summary>v1 only.</summary>
    public ushort? LeafWeight { get; set; }

    /// <summary>Weights by device.</summary>
    public WeightDevice[]? WeightDevice { get; set; }

    /// <summary>Bytes per second.</summary>
    public ThrottleDevice[]? ThrottleReadBpsDevice { get; set; }

    /// <summary>Bytes per second.</summary>
    public ThrottleDevice[]? ThrottleWriteBpsDevice { get; set; }

    /// <summary>Operations per second.</summary>
    public ThrottleDevice[]? ThrottleReadIOPSDevice { get; set; }

    /// <summary>Operations per second.</summary>
    public ThrottleDevice[]? ThrottleWriteIOPSDevice { get; set; }
}
