using System.Text.Json.Serialization;

namespace OciRun.Images.Model;

/// <summary>rootfs of an image's configuration.</summary>
public sealed record RootFileSystem
{
    /// <summary>type: layers.</summary>
    public string? Type { get; init; }

    /// <summary>diff_ids: digests of the uncompressed layers, the lowest first.</summary>
    [JsonPropertyName("diff_ids")]
    public List<string>? DiffIds { get; init; }
}
