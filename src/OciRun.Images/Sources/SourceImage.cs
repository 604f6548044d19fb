using OciRun.Images.Model;

namespace OciRun.Images.Sources;

/// <summary>One image of a source, its documents verified, its layers not yet read.</summary>
internal sealed record SourceImage
{
    /// <summary>What the source calls it; null when it has no name.</summary>
    internal string? Name { get; init; }

    /// <summary>Descriptor of the manifest.</summary>
    internal required Descriptor Descriptor { get; init; }

    /// <summary>The manifest.</summary>
    internal required byte[] Manifest { get; init; }

    /// <summary>Digest of the configuration.</summary>
    internal required Digest ConfigDigest { get; init; }

    /// <summary>The configuration.</summary>
    internal required byte[] Config { get; init; }

    /// <summary>The layers, the lowest first.</summary>
    internal required IReadOnlyList<SourceLayer> Layers { get; init; }
}
