namespace OciRun.Spec;

/// <summary>A value of linux.timeOffsets.</summary>
public sealed class TimeOffset
{
    /// <summary>Seconds.</summary>
    public long Secs { get; set; }

    /// <summary>Nanoseconds.</summary>
    public uint Nanosecs { get; set; }
}
