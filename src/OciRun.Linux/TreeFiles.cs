using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace OciRun.Linux;

/// <summary>
/// Files of a tree whose content came from strangers. Every path is resolved below a directory descriptor and no symbolic link in it is followed (openat2(2) with
/// RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS), so nothing outside is ever reached, whatever the tree holds. Names are raw names (<see cref="RawName"/>).
/// Calls that make or change a name take one component, never a path.
/// </summary>
public static unsafe partial class TreeFiles
{
    private const int AtEmptyPath = 0x1000, AtRemoveDir = 0x200, AtSymlinkNoFollow = 0x100;
    private const int SysOpenat2 = 437;
    private const ulong ResolveNoMagicLinks = 2, ResolveNoSymlinks = 4, ResolveBeneath = 8;
    private const int PathMax = 4096;

    // openat2(2) is refused by a seccomp filter that does not know it (EPERM or ENOSYS): then the path is walked a component at a time.
    private static volatile bool s_walk;

    /// <summary>openat2(2) below a directory, without following links; null and the reason on failure.</summary>
    /// <param name="directory">Where the path begins.</param>
    /// <param name="path">Relative raw path; empty for the directory itself.</param>
    /// <param name="flags">O_CLOEXEC and O_NOFOLLOW are added.</param>
    /// <param name="errno">Why not.</param>
    /// <param name="mode">For O_CREAT; the umask applies.</param>
    public static SafeFd? TryOpen(SafeFd directory, string path, OpenFlags flags, out Errno errno, uint mode = 0)
    {
        if (path.Length == 0)
        {
            path = ".";
        }

        byte* name = stackalloc byte[PathMax];
        errno = Terminate(path, name);
        if (errno != Errno.None)
        {
            return null;
        }

        flags |= OpenFlags.CloseOnExec | OpenFlags.NoFollow;
        if (!s_walk)
        {
            ulong* how = stackalloc ulong[3] { (ulong)(uint)flags, flags.HasFlag(OpenFlags.Create) ? mode : 0, ResolveBeneath | ResolveNoSymlinks | ResolveNoMagicLinks };
            long fd;
            do
            {
                fd = Native.Syscall(SysOpenat2, directory.Number, (long)name, (long)how, 3 * sizeof(ulong));
                errno = fd < 0 ? Native.LastErrno : Errno.None;
            }
            while (errno is Errno.EINTR or Errno.EAGAIN);
            if (fd >= 0)
            {
                return new SafeFd((int)fd);
            }

            if (errno is not (Errno.ENOSYS or Errno.EPERM) || IsOpenat2Allowed())
            {
                return null;
            }

            s_walk = true;
        }

        return Walk(directory, path, flags, mode, out errno);
    }

    /// <summary>As <see cref="TryOpen"/>.</summary>
    /// <exception cref="LinuxException">As openat2(2).</exception>
    public static SafeFd Open(SafeFd directory, string path, OpenFlags flags, uint mode = 0) =>
        TryOpen(directory, path, flags, out Errno errno, mode) ?? throw new LinuxException("openat2", RawName.Quote(path), errno);

    /// <summary>statx(2) of a name or path, links not followed; null and the reason on failure.</summary>
    public static FileFacts? TryFacts(SafeFd directory, string path, out Errno errno)
    {
        if (path.Contains('/', StringComparison.Ordinal))
        {
            using SafeFd? file = TryOpen(directory, path, OpenFlags.Path, out errno);
            return file is null ? null : Facts(file, path);
        }

        byte* name = stackalloc byte[PathMax], buffer = stackalloc byte[256];
        errno = Terminate(path, name);
        if (errno != Errno.None)
        {
            return null;
        }

        int flags = AtSymlinkNoFollow | (path.Length == 0 ? AtEmptyPath : 0);
        if (Native.Statx(directory.Number, name, flags, StatxResult.BasicStats, buffer) != 0)
        {
            errno = Native.LastErrno;
            return null;
        }

        return Read(new ReadOnlySpan<byte>(buffer, 256));
    }

    /// <summary>statx(2) of an open file; the name is for the message.</summary>
    /// <exception cref="LinuxException">As statx(2).</exception>
    public static FileFacts Facts(SafeFd file, string name) =>
        TryFacts(file, "", out Errno errno) ?? throw new LinuxException("statx", RawName.Quote(name), errno);

    /// <summary>readlinkat(2), raw; null when the name is no symbolic link.</summary>
    public static string? ReadLink(SafeFd directory, string name)
    {
        byte* text = stackalloc byte[PathMax], buffer = stackalloc byte[PathMax];
        if (Terminate(name, text) != Errno.None)
        {
            return null;
        }

        long length = ReadLinkAt(directory.Number, text, buffer, PathMax);
        return length < 0 ? null : RawName.Of(new ReadOnlySpan<byte>(buffer, (int)length));
    }

    /// <summary>The names in a directory with the type that getdents64(2) gives (DT_DIR is 4, DT_UNKNOWN 0), without . and .., in the file system's order. Once: the descriptor stands at the end then.</summary>
    /// <exception cref="LinuxException">As getdents64(2).</exception>
    public static List<(string Name, byte Type)> Entries(SafeFd directory)
    {
        const int Size = 32768;
        var found = new List<(string, byte)>();
        byte[] memory = new byte[Size];
        fixed (byte* buffer = memory)
        {
            while (true)
            {
                int length = Native.Getdents64(directory.Number, buffer, Size);
                if (length <= 0)
                {
                    return length == 0 ? found : throw new LinuxException("getdents64", "", Native.LastErrno);
                }

                for (byte* entry = buffer; entry < buffer + length; entry += *(ushort*)(entry + 16))
                {
                    ReadOnlySpan<byte> name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + 19);
                    if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                    {
                        found.Add((RawName.Of(name), entry[18]));
                    }
                }
            }
        }
    }

    /// <summary>The path with a NUL; the kernel's answers for what cannot be one.</summary>
    private static Errno Terminate(string path, byte* buffer)
    {
        if (path.Length >= PathMax)
        {
            return Errno.ENAMETOOLONG;
        }

        for (int i = 0; i < path.Length; i++)
        {
            if (path[i] is '\0' or > '\xff')
            {
                return Errno.EINVAL; // a NUL would cut the name short, unseen
            }

            buffer[i] = (byte)path[i];
        }

        buffer[path.Length] = 0;
        return Errno.None;
    }

    private static bool IsOpenat2Allowed()
    {
        byte* name = stackalloc byte[2] { (byte)'/', 0 };
        ulong* how = stackalloc ulong[3] { (ulong)(uint)(OpenFlags.Path | OpenFlags.CloseOnExec), 0, 0 };
        long fd = Native.Syscall(SysOpenat2, Native.AtFdCwd, (long)name, (long)how, 3 * sizeof(ulong));
        return fd >= 0 && Native.Close((int)fd) == 0;
    }

    /// <summary>The same with openat(2): each component opened with O_NOFOLLOW, none of them <c>..</c>.</summary>
    private static SafeFd? Walk(SafeFd directory, string path, OpenFlags flags, uint mode, out Errno errno)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        SafeFd current = directory;
        byte* name = stackalloc byte[PathMax];
        for (int i = 0; ; i++)
        {
            bool last = i >= parts.Length - 1;
            errno = path[0] == '/' || parts[i] == ".." ? Errno.EXDEV : Terminate(parts[i], name);
            SafeFd? next = null;
            if (errno == Errno.None)
            {
                int fd = OpenAt(current.Number, name, (int)(last ? flags : OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow | OpenFlags.CloseOnExec), mode);
                errno = fd < 0 ? Native.LastErrno : Errno.None;
                next = fd < 0 ? null : new SafeFd(fd);
            }

            if (!ReferenceEquals(current, directory))
            {
                current.Dispose();
            }

            if (next is null || last)
            {
                return next;
            }

            current = next;
        }
    }

    internal static FileFacts Read(ReadOnlySpan<byte> statx) => new(
        Mode: BinaryPrimitives.ReadUInt16LittleEndian(statx[28..]),
        Uid: BinaryPrimitives.ReadUInt32LittleEndian(statx[20..]),
        Gid: BinaryPrimitives.ReadUInt32LittleEndian(statx[24..]),
        Size: BinaryPrimitives.ReadUInt64LittleEndian(statx[40..]),
        Blocks: BinaryPrimitives.ReadUInt64LittleEndian(statx[48..]),
        Links: BinaryPrimitives.ReadUInt32LittleEndian(statx[16..]),
        Device: ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(statx[136..]) << 32) | BinaryPrimitives.ReadUInt32LittleEndian(statx[140..]),
        Inode: BinaryPrimitives.ReadUInt64LittleEndian(statx[32..]),
        Modified: new FileTime(BinaryPrimitives.ReadInt64LittleEndian(statx[112..]), BinaryPrimitives.ReadUInt32LittleEndian(statx[120..])),
        SpecialMajor: BinaryPrimitives.ReadUInt32LittleEndian(statx[128..]),
        SpecialMinor: BinaryPrimitives.ReadUInt32LittleEndian(statx[132..]))
    {
        Changed = new FileTime(BinaryPrimitives.ReadInt64LittleEndian(statx[96..]), BinaryPrimitives.ReadUInt32LittleEndian(statx[104..])),
    };

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    private static partial int OpenAt(int directory, byte* path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "readlinkat", SetLastError = true)]
    private static partial nint ReadLinkAt(int directory, byte* path, byte* buffer, nint size);
}
