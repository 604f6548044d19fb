using System.Text.Json.Serialization;

namespace OciRun.Images.Model;

/// <summary>A step of an image's history.</summary>
public sealed record HistoryEntry
{
    /// <summary>created, RFC 3339.</summary>
    public string? Created { get; init; }

    /// <summary>author.</summary>
    public string? Author { get; init; }

    /// <summary>created_by: the command.</summary>
    [JsonPropertyName("created_by")]
    public string? CreatedBy { get; init; }

    /// <summary>comment.</summary>
    public string? Comment { get; init; }

    /// <summary>empty_layer: it made no layer.</summary>
    [JsonPropertyName("empty_layer")]
    public bool EmptyLayer { get; init; }
}
