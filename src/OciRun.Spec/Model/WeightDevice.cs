using System.Text.Json.Serialization;

namespace OciRun.Spec;

/// <summary>Weight of a block device.</summary>
public sealed class WeightDevice
{
    /// <summary>Major number.</summary>
    [JsonRequired]
    public long Major { get; set; }

    /// <summary>Minor number.</summary>
    [JsonRequired]
    public long Minor { get; set; }

    /// <summary>10 to 1000.</summary>
    public ushort? Weight { get; set; }

    /// <summary>v1 only.</summary>
    public ushort? LeafWeight { get; set; }
}
