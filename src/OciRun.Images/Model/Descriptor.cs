using System.Text.Json.Serialization;

namespace OciRun.Images.Model;

/// <summary>A content descriptor of the image specification, descriptor.md.</summary>
public sealed record Descriptor
{
    /// <summary>mediaType.</summary>
    public string? MediaType { get; init; }

    /// <summary>digest.</summary>
    public string? Digest { get; init; }

    /// <summary>size, in bytes; -1: the document does not say.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public long Size { get; init; } = -1;

    /// <summary>urls: where else it is found; never followed.</summary>
    public IReadOnlyList<string>? Urls { get; init; }

    /// <summary>annotations.</summary>
    public Dictionary<string, string>? Annotations { get; init; }

    /// <summary>data: the content itself, when it is small.</summary>
    public byte[]? Data { get; init; }

    /// <summary>platform, of the manifests of an index.</summary>
    public Platform? Platform { get; init; }

    /// <summary>artifactType.</summary>
    public string? ArtifactType { get; init; }
}
