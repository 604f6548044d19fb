using System.Text.Json.Serialization;

namespace OciRun.Spec;

/// <summary>An entry of linux.resources.devices.</summary>
public sealed class DeviceRule
{
    /// <summary>Allowed or denied.</summary>
    [JsonRequired]
    public bool Allow { get; set; }

    /// <summary>a, b or c.</summary>
    public string? Type { get; set; }

    /// <summary>Major number; absent: all.</summary>
    public long? Major { get; set; }

    /// <summary>Minor number; absent: all.</summary>
    public long? Minor { get; set; }

    /// <summary>Of r, w, m.</summary>
    public string? Access { get; set; }
}
