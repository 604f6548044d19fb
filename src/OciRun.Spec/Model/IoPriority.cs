using System.Text.Json.Serialization;

namespace OciRun.Spec;

/// <summary>process.ioPriority.</summary>
public sealed class IoPriority
{
    /// <summary>IOPRIO_CLASS_*.</summary>
    public string? Class { get; set; }

    /// <summary>0 (highest) to 7.</summary>
    [JsonRequired]
    public int Priority { get; set; }
}
