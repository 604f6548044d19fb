using System.Text.Json.Serialization;

namespace OciRun.Spec;

/// <summary>A condition on an argument.</summary>
public sealed class SeccompArgument
{
    /// <summary>0 to 5.</summary>
    [JsonRequired]
    public uint Index { get; set; }

    /// <summary>To compare with; the mask of SCMP_CMP_MASKED_EQ.</summary>
    [JsonRequired]
    public ulong Value { get; set; }

    /// <summary>The data of SCMP_CMP_MASKED_EQ.</summary>
    public ulong ValueTwo { get; set; }

    /// <summary>SCMP_CMP_*.</summary>
    public string? Op { get; set; }
}
