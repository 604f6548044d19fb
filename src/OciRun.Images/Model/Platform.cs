using System.Text.Json.Serialization;

namespace OciRun.Images.Model;

/// <summary>What machine an image is for, image-index.md "platform".</summary>
public sealed record Platform
{
    /// <summary>architecture, as Go names it: amd64, arm64.</summary>
    public string? Architecture { get; init; }

    /// <summary>os: linux.</summary>
    public string? Os { get; init; }

    /// <summary>os.features.</summary>
    [JsonPropertyName("os.features")]
    public IReadOnlyList<string>? OsFeatures { get; init; }

    /// <summary>variant: v8, v7.</summary>
    public string? Variant { get; init; }
}
