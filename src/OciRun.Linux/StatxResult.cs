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
    internal uint Links;

    [FieldOffset(20)]
    internal uint User;

    [FieldOffset(28)]
    internal ushort Mode;

    [FieldOffset(32)]
    internal ulong Inode;

    [FieldOffset(40)]
    internal long Size;

    [FieldOffset(96)]
    internal long ChangedSeconds;

    [FieldOffset(104)]
    internal uint ChangedNanoseconds;

    [FieldOffset(112)]
    internal long ModifiedSeconds;

    [FieldOffset(120)]
    internal uint ModifiedNanoseconds;

    [FieldOffset(136)]
    internal uint DeviceMajor;

    [FieldOffset(140)]
    internal uint DeviceMinor;

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
