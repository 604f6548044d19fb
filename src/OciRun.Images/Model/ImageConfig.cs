using System.Text.Json;
using System.Text.Json.Serialization;

namespace OciRun.Images.Model;

/// <summary>The configuration of an image, config.md.</summary>
public sealed record ImageConfig
{
    /// <summary>created, RFC 3339.</summary>
    public string? Created { get; init; }

    /// <summary>author.</summary>
    public string? Author { get; init; }

    /// <summary>architecture, as Go names it.</summary>
    public string? Architecture { get; init; }

    /// <summary>os.</summary>
    public string? Os { get; init; }

    /// <summary>variant of the architecture.</summary>
    public string? Variant { get; init; }

    /// <summary>config: what a container of the image is run with.</summary>
    public ContainerSettings? Config { get; init; }

    /// <summary>rootfs.</summary>
    public RootFileSystem? Rootfs { get; init; }

    /// <summary>history: one entry a step, the first step first.</summary>
    public List<HistoryEntry>? History { get; init; }

    /// <summary>Fields that are not known here, kept when an image is made of another.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }
}
