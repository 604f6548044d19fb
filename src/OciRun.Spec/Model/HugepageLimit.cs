using System.Text.Json.Serialization;

namespace OciRun.Spec;

/// <summary>An entry of linux.resources.hugepageLimits.</summary>
public sealed class HugepageLimit
{
    /// <summary>As in 2MB.</summary>
    public string? PageSize { get; set; }

    /// <summary>Bytes.</summary>
    [JsonRequired]
    public ulong Limit { get; set; }
}
