namespace OciRun.Images.Tar;

/// <summary>Bytes of a sparse file that are in the archive.</summary>
internal readonly record struct SparsePart(long Offset, long Length);
