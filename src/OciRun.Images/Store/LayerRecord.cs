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

    /// <summary>
    /// The boot of the machine in which it was extracted (proc(5), random/boot_id); null once it has been seen whole in a later one. Files of a layer are not synced one by
    /// one, which would take longer than all the rest: should the machine have lost its power meanwhile, the layer is compared with its archive before it is used.
    /// </summary>
    public string? Boot { get; init; }

    /// <summary>Its marks are user.overlay.*.</summary>
    public bool UserForm { get; init; }
}
