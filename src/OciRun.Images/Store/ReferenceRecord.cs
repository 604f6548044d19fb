namespace OciRun.Images.Store;

/// <summary>A bundle that needs an image's layers, for as long as it is there.</summary>
internal sealed record ReferenceRecord
{
    /// <summary>Absolute path of the bundle.</summary>
    public string? Bundle { get; init; }

    /// <summary>What was at that path: another directory there later is another bundle.</summary>
    public ulong Device { get; init; }

    /// <summary>Its inode.</summary>
    public ulong Inode { get; init; }

    /// <summary>Name of the image when the bundle was made; null when it had none.</summary>
    public string? Image { get; init; }

    /// <summary>Digest of its manifest.</summary>
    public string? Manifest { get; init; }

    /// <summary>Size of its manifest.</summary>
    public long ManifestSize { get; init; }
}
