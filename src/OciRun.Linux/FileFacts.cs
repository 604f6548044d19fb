namespace OciRun.Linux;

/// <summary>All that statx(2) says of a file and an image layer keeps.</summary>
/// <param name="Mode">Type and permissions.</param>
/// <param name="Uid">Owner.</param>
/// <param name="Gid">Group.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Blocks">512-byte blocks on the disk.</param>
/// <param name="Links">Names of this inode.</param>
/// <param name="Device">Device of the file system.</param>
/// <param name="Inode">Inode number.</param>
/// <param name="Modified">Time of the last change of the content.</param>
/// <param name="SpecialMajor">What a device node stands for.</param>
/// <param name="SpecialMinor">What a device node stands for.</param>
public readonly record struct FileFacts(
    uint Mode, uint Uid, uint Gid, ulong Size, ulong Blocks, uint Links, ulong Device, ulong Inode, FileTime Modified, uint SpecialMajor, uint SpecialMinor)
{
    /// <summary>Time of the last change of anything (ctime).</summary>
    public FileTime Changed { get; init; }

    /// <summary>The type bits, <see cref="FileType"/>.</summary>
    public uint Type => Mode & FileType.Mask;

    /// <summary>Permissions and set-id bits.</summary>
    public uint Permissions => Mode & 0xFFF;

    /// <summary>Both are of one file, whatever its names.</summary>
    public bool IsSameFile(in FileFacts other) => (Inode, Device) == (other.Inode, other.Device);

    /// <summary>A directory.</summary>
    public bool IsDirectory => Type == FileType.Directory;

    /// <summary>A character device 0:0: to an overlay, a name that is gone (overlayfs, kernel documentation).</summary>
    public bool IsWhiteout => Type == FileType.Character && SpecialMajor == 0 && SpecialMinor == 0;
}
