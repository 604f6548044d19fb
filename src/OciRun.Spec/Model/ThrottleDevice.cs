namespace OciRun.Spec;

/// <summary>Rate of a block device.</summary>
public sealed class ThrottleDevice
{
    /// <summary>Major number.</summary>
    public long Major { get; set; }

    /// <summary>Minor number.</summary>
    public long Minor { get; set; }

    /// <summary>Per second.</summary>
    public ulong Rate { get; set; }
}
