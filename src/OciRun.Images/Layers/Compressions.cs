using OciRun.Images.Model;

namespace OciRun.Images.Layers;

/// <summary>Tells how something is compressed.</summary>
internal static class Compressions
{
    /// <summary>By its first bytes.</summary>
    internal static Compression Detect(ReadOnlySpan<byte> start) =>
        start is [0x1f, 0x8b, ..] ? Compression.Gzip : start is [0x28, 0xb5, 0x2f, 0xfd, ..] ? Compression.Zstd : Compression.None;

    /// <summary>
    /// The most that so many bytes may become. deflate makes at most 1032 of one; zstd could make anything, and so gets the same, and a gigabyte for large files of nothing.
    /// </summary>
    internal static long Limit(Compression compression, long size) => compression == Compression.None
        ? size
        : size > long.MaxValue / 2048 ? long.MaxValue : size * 1100 + (1L << 30);
}
