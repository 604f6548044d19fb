using System.Text.Json.Serialization;

namespace OciRun.Images.Model;

/// <summary>An image in manifest.json of what docker save writes.</summary>
internal sealed record DockerManifest
{
    /// <summary>Name of the configuration in the archive.</summary>
    [JsonPropertyName("Config")]
    public string? Config { get; init; }

    /// <summary>Names with tags.</summary>
    [JsonPropertyName("RepoTags")]
    public List<string>? RepoTags { get; init; }

    /// <summary>Names of the layers in the archive, the lowest first.</summary>
    [JsonPropertyName("Layers")]
    public List<string>? Layers { get; init; }
}
