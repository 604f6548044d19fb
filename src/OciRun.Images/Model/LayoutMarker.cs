using System.Text.Json.Serialization;

namespace OciRun.Images.Model;

/// <summary>The file oci-layout, image-layout.md.</summary>
internal sealed record LayoutMarker
{
    /// <summary>imageLayoutVersion.</summary>
    [JsonPropertyName("imageLayoutVersion")]
    public string? Version { get; init; }
}
