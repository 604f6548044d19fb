using System.Runtime.InteropServices;

namespace OciRun.Linux;

/// <summary>
/// struct statx, the fields that <see cref="FileStamp"/> and <see cref="PrivateDirectory"/> look at. The same on every architecture,
/// unlike struct stat.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal unsafe partial struct StatxResult
{
    internal const uint BasicStats = 0x7ff; // STATX_BASIC_STATS
    internal const int EmptyPath = 0x1000; // AT_EMPTY_PATH
    internal const int NoFollow = 0x100; // AT_SYMLINK_NOFOLLOW

    private const int TypeMask = 0xf000, Directory = 0x4000, Regular = 0x8000;

    [FieldOffset(16)]
    public uint Links;

    [FieldOffset(20)]
    public uint User;

    [FieldOffset(28)]
    public ushort Mode;

    [FieldOffset(32)]
    public ulong Inode;

    [FieldOffset(40)]
    public long Size;

    [FieldOffset(96)]
    public long ChangedSeconds;

    [FieldOffset(104)]
    public uint ChangedNanoseconds;

    [FieldOffset(112)]
    public long ModifiedSeconds;

    [FieldOffset(120)]
    public uint ModifiedNanoseconds;

    [FieldOffset(136)]
    public uint DeviceMajor;

    [FieldOffset(140)]
    public uint DeviceMinor;

    internal readonly bool IsDirectory => (Mode & TypeMask) == Directory;

    internal readonly bool IsRegular => (Mode & TypeMask) == Regular;

    /// <summary>Group or others may write. An access control list shows here too: its mask is the group's bits.</summary>
    internal readonly bool IsWritableByOthers => (Mode & 0x12) != 0;

    internal readonly long Modified => ModifiedSeconds * 1_000_000_000 + ModifiedNanoseconds;

    internal readonly FileStamp Stamp => new(
        ((ulong)DeviceMajor << 32) | DeviceMinor, Inode, Size, Modified, ChangedSeconds * 1_000_000_000 + ChangedNanoseconds);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    internal static partial int Statx(int directory, byte* path, int flags, uint mask, StatxResult* result);
}
