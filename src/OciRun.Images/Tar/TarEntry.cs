using OciRun.Linux;

namespace OciRun.Images.Tar;

/// <summary>One member of an archive, all extensions applied. Names are raw names, as they stand in the archive.</summary>
internal sealed class TarEntry
{
    internal required TarType Type { get; init; }
    internal required string Name { get; init; }

    /// <summary>Of hard and symbolic links.</summary>
    internal string Target { get; init; } = "";

    internal uint Mode { get; init; }
    internal uint Uid { get; init; }
    internal uint Gid { get; init; }
    internal FileTime Modified { get; init; }
    internal uint Major { get; init; }
    internal uint Minor { get; init; }

    /// <summary>How large the file is, holes included.</summary>
    internal long Size { get; init; }

    /// <summary>The parts of a sparse file that have data, in order; null: it is not sparse.</summary>
    internal IReadOnlyList<SparsePart>? Sparse { get; init; }

    /// <summary>SCHILY.xattr: names and values.</summary>
    internal IReadOnlyList<KeyValuePair<string, byte[]>> Attributes { get; init; } = [];

    /// <summary>Where its data begins in the archive, in bytes.</summary>
    internal long Offset { get; init; }
}
