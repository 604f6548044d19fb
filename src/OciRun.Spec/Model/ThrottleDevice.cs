using System.Text.Json.Serialization;

namespace OciRun.Spec;

/// <summary>Rate of a block device.</summary>
public sealed class ThrottleDevice
{
    /// <summary>Major number.</summary>
    [JsonRequired]
    public long Major { get; set; }

    /// <summary>Minor number.</summary>
    [JsonRequired]
    public long Minor { get; set; }

    /// <summary>Per second.</summary>
    [JsonRequired]
    public ulong Rate { get; set; }
}
