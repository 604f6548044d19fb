using OciRun.Images.Model;

namespace OciRun.Images;

/// <summary>An image of the store: its documents, and where its layers are.</summary>
public sealed record StoredImage
{
    /// <summary>Its name; null for one that only a bundle keeps.</summary>
    public required string? Name { get; init; }

    /// <summary>Descriptor of the manifest.</summary>
    public required Descriptor Descriptor { get; init; }

    /// <summary>Digest of the manifest.</summary>
    public required Digest Digest { get; init; }

    /// <summary>The manifest.</summary>
    public required ImageDocument Manifest { get; init; }

    /// <summary>The configuration.</summary>
    public required ImageConfig Config { get; init; }

    /// <summary>The configuration, byte by byte.</summary>
    public required byte[] ConfigBytes { get; init; }

    /// <summary>The layers, the lowest first.</summary>
    public required IReadOnlyList<StoredLayer> Layers { get; init; }

    /// <summary>Bytes of the files of all layers.</summary>
    public long Size => Layers.Sum(static layer => layer.Size);

    /// <summary>The layers' directories as an overlay wants them: absolute, the topmost first.</summary>
    public IReadOnlyList<string> LowerDirectories => [.. Layers.Select(static layer => layer.Directory).Reverse()];
}
