using System.Text.Json.Serialization;

namespace OciRun.Spec;

/// <summary>An entry of process.rlimits.</summary>
public sealed class Rlimit
{
    /// <summary>RLIMIT_*.</summary>
    public string? Type { get; set; }

    /// <summary>Hard limit.</summary>
    [JsonRequired]
    public ulong Hard { get; set; }

    /// <summary>Soft limit.</summary>
    [JsonRequired]
    public ulong Soft { get; set; }
}
