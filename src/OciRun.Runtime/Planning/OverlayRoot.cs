using OciRun.Runtime.Init;

namespace OciRun.Runtime.Planning;

/// <summary>A root filesystem that we put together of layers. Nothing of it is attached on the host: it is made as a mount without a place, and ends with the container.</summary>
/// <param name="Lower">Absolute paths, the top layer first; not empty.</param>
/// <param name="Upper">Where changes go; null with <see cref="MemorySize"/>, or for a read-only root.</param>
/// <param name="Work">On the file system of <see cref="Upper"/>.</param>
/// <param name="Place">JSON pointer or option that asked for it.</param>
internal sealed record OverlayRoot(IReadOnlyList<string> Lower, string? Upper, string? Work, string Place)
{
    /// <summary>Changes are kept in memory: the size option of tmpfs(5), "" for its default; null: not in memory.</summary>
    internal string? MemorySize { get; init; }

    /// <summary>The layers show with the ids of this mapping: they belong to ids that the container's user namespace does not have.</summary>
    internal IdMaps? Maps { get; init; }

    /// <summary>Whiteouts are in user.overlay.* attributes, since the others are for the initial user namespace only (Linux 5.11).</summary>
    internal bool UserAttributes { get; init; }

    /// <summary>
    /// Changes go with the container: nothing of them is written to the disk because a file system ends (option volatile). Otherwise the end of each container waits for all
    /// that is unwritten of its file system, of others too.
    /// </summary>
    internal bool IsTemporary { get; init; }

    /// <summary>SELinux label of everything in it (option context); null: those of the files.</summary>
    internal string? Label { get; init; }

    /// <summary>One layer that nobody changes needs no overlay, and overlayfs refuses it.</summary>
    internal bool IsSingle => Lower.Count == 1 && Upper is null && MemorySize is null;

    /// <summary>
    /// Options that make an upper directory a layer which any tool can read: no redirects and no metadata without data in it. One that is shared as lower layer by several mounts
    /// needs no index.
    /// </summary>
    internal static readonly (string Key, string Value)[] PlainOptions = [("redirect_dir", "off"), ("metacopy", "off"), ("index", "off")];
}
