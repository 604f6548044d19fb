namespace OciRun.Images.Store;

/// <summary>layer.json beside the directory of a layer: it is there when the layer is whole.</summary>
internal sealed record LayerRecord
{
    /// <summary>Digest of the archive.</summary>
    public string? DiffId { get; init; }

    /// <summary>Chain id of the layers below; null for the lowest.</summary>
    public string? Below { get; init; }

    /// <summary>Bytes of the files.</summary>
    public long Size { get; init; }

    /// <summary>Bytes of the archive, not compressed.</summary>
    public long ArchiveSize { get; init; }

    /// <summary>Its marks are user.overlay.*.</summary>
    public bool UserForm { get; init; }
}
