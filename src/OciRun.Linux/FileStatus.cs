namespace OciRun.Linux;

/// <summary>What statx(2) says of a file.</summary>
/// <param name="Mode">Type and permissions.</param>
/// <param name="Uid">Owner.</param>
/// <param name="Gid">Group.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Inode">Inode number.</param>
/// <param name="DeviceMajor">Device of the filesystem.</param>
/// <param name="DeviceMinor">Device of the filesystem.</param>
/// <param name="SpecialMajor">The device that a device node stands for.</param>
/// <param name="SpecialMinor">The device that a device node stands for.</param>
public readonly record struct FileStatus(
    uint Mode, uint Uid, uint Gid, ulong Size, ulong Inode, uint DeviceMajor, uint DeviceMinor, uint SpecialMajor, uint SpecialMinor)
{
    /// <summary>The type bits, <see cref="FileType"/>.</summary>
    public uint Type => Mode & FileType.Mask;

    /// <summary>Permissions and set-id bits.</summary>
    public uint Permissions => Mode & 0xFFF;
}
