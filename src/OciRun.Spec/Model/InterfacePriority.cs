using System.Text.Json.Serialization;

namespace OciRun.Spec;

/// <summary>Priority of an interface.</summary>
public sealed class InterfacePriority
{
    /// <summary>Interface.</summary>
    public string? Name { get; set; }

    /// <summary>Priority.</summary>
    [JsonRequired]
    public uint Priority { get; set; }
}
