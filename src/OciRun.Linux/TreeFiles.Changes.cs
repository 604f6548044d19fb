using System.Runtime.InteropServices;

namespace OciRun.Linux;

public static unsafe partial class TreeFiles
{
    /// <summary>mkdirat(2).</summary>
    public static Errno TryMakeDirectory(SafeFd directory, string name, uint mode)
    {
        byte* text = stackalloc byte[PathMax];
        return Terminate(name, text) is var errno && errno != Errno.None ? errno : Result(MkdirAt(directory.Number, text, mode));
    }

    /// <summary>mknodat(2): devices, fifos and sockets; <paramref name="mode"/> with the type. The umask applies.</summary>
    public static Errno TryMakeNode(SafeFd directory, string name, uint mode, uint major, uint minor)
    {
        byte* text = stackalloc byte[PathMax];
        ulong device = ((major & 0xFFFFF000ul) << 32) | ((major & 0xFFFul) << 8) | ((minor & 0xFFFFFF00ul) << 12) | (minor & 0xFFul); // makedev(3)
        return Terminate(name, text) is var errno && errno != Errno.None ? errno : Result(MknodAt(directory.Number, text, mode, device));
    }

    /// <summary>symlinkat(2); the target is raw and may be anything.</summary>
    public static Errno TryMakeSymbolicLink(SafeFd directory, string name, string target)
    {
        byte* text = stackalloc byte[PathMax], content = stackalloc byte[PathMax];
        Errno errno = Terminate(name, text);
        errno = errno != Errno.None ? errno : Terminate(target, content);
        return errno != Errno.None ? errno : Result(SymlinkAt(content, directory.Number, text));
    }

    /// <summary>linkat(2); a symbolic link is linked itself.</summary>
    public static Errno TryLink(SafeFd fromDirectory, string from, SafeFd toDirectory, string to)
    {
        byte* source = stackalloc byte[PathMax], target = stackalloc byte[PathMax];
        Errno errno = Terminate(from, source);
        errno = errno != Errno.None ? errno : Terminate(to, target);
        return errno != Errno.None ? errno : Result(LinkAt(fromDirectory.Number, source, toDirectory.Number, target, 0));
    }

    /// <summary>renameat(2).</summary>
    public static Errno TryRename(SafeFd fromDirectory, string from, SafeFd toDirectory, string to)
    {
        byte* source = stackalloc byte[PathMax], target = stackalloc byte[PathMax];
        Errno errno = Terminate(from, source);
        errno = errno != Errno.None ? errno : Terminate(to, target);
        return errno != Errno.None ? errno : Result(Native.Renameat(fromDirectory.Number, source, toDirectory.Number, target));
    }

    /// <summary>unlinkat(2); <paramref name="isDirectory"/>: as rmdir(2).</summary>
    public static Errno TryRemove(SafeFd directory, string name, bool isDirectory = false)
    {
        byte* text = stackalloc byte[PathMax];
        return Terminate(name, text) is var errno && errno != Errno.None ? errno : Result(UnlinkAt(directory.Number, text, isDirectory ? AtRemoveDir : 0));
    }

    /// <summary>Removes a name and all below it; missing is fine. Links are removed, not followed; a mount below ends it with EBUSY.</summary>
    /// <exception cref="LinuxException">As unlinkat(2) and getdents64(2).</exception>
    public static void RemoveAll(SafeFd directory, string name)
    {
        long moved = 0;
        RemoveAll(null, directory, name, 0, ref moved);
    }

    /// <summary>A stranger's tree may be deeper than we can have descriptors, or stack: what is too deep is moved up to the top, and found there by another round.</summary>
    private static void RemoveAll(SafeFd? top, SafeFd directory, string name, int depth, ref long moved)
    {
        const int MaxDepth = 64;
        Errno errno = TryRemove(directory, name);
        if (errno is Errno.EISDIR or Errno.EPERM)
        {
            if (depth > MaxDepth)
            {
                MoveUp(directory, name, top!, ref moved);
                return;
            }

            long before;
            do
            {
                before = moved;
                using SafeFd inner = OpenToEmpty(directory, name); // anew: a descriptor lists a directory once
                foreach (var (child, _) in Entries(inner))
                {
                    RemoveAll(top ?? inner, inner, child, depth + 1, ref moved);
                }
            }
            while (top is null && moved > before);

            errno = TryRemove(directory, name, isDirectory: true);
        }

        if (errno is not (Errno.None or Errno.ENOENT))
        {
            throw new LinuxException("unlinkat", RawName.Quote(name), errno);
        }
    }

    /// <summary>Under a name that is free there, or that of an empty directory.</summary>
    private static void MoveUp(SafeFd directory, string name, SafeFd top, ref long moved)
    {
        Errno errno;
        do
        {
            errno = TryRename(directory, name, top, string.Create(System.Globalization.CultureInfo.InvariantCulture, $".removed-{++moved}"));
        }
        while (errno is Errno.ENOTEMPTY or Errno.EEXIST or Errno.ENOTDIR);
        if (errno is not (Errno.None or Errno.ENOENT))
        {
            throw new LinuxException("renameat", RawName.Quote(name), errno);
        }
    }

    /// <summary>A directory whose mode keeps even its owner out (an overlay makes work/work with none) is opened up first.</summary>
    private static SafeFd OpenToEmpty(SafeFd directory, string name)
    {
        if (TryOpen(directory, name, OpenFlags.ReadOnly | OpenFlags.Directory, out Errno errno) is { } opened)
        {
            return opened;
        }

        if (errno == Errno.EACCES)
        {
            using SafeFd handle = Open(directory, name, OpenFlags.Path | OpenFlags.Directory);
            _ = TrySetNodeMode(SafeFd.CurrentDirectory, handle.ProcPath, 0x1C0); // when it is not ours, the next call says so
        }

        return Open(directory, name, OpenFlags.ReadOnly | OpenFlags.Directory);
    }

    /// <summary>fchownat(2) of a name, or with an empty one of the descriptor; links are not followed.</summary>
    public static Errno TrySetOwner(SafeFd directory, string name, uint uid, uint gid)
    {
        byte* text = stackalloc byte[PathMax];
        return Terminate(name, text) is var errno && errno != Errno.None
            ? errno
            : Result(ChownAt(directory.Number, text, uid, gid, AtSymlinkNoFollow | (name.Length == 0 ? AtEmptyPath : 0)));
    }

    /// <summary>fchmod(2).</summary>
    public static Errno TrySetMode(SafeFd file, uint mode) => Result(Chmod(file.Number, mode));

    /// <summary>fchmodat(2) of a name that is a device, fifo or socket of our own making: a symbolic link would be followed.</summary>
    public static Errno TrySetNodeMode(SafeFd directory, string name, uint mode)
    {
        byte* text = stackalloc byte[PathMax];
        return Terminate(name, text) is var errno && errno != Errno.None ? errno : Result(ChmodAt(directory.Number, text, mode, 0));
    }

    /// <summary>utimensat(2) of a name, or with an empty one of the descriptor: access and change of content at once; links are not followed.</summary>
    public static Errno TrySetTime(SafeFd directory, string name, FileTime time)
    {
        FileTime* times = stackalloc FileTime[2] { time, time };
        if (name.Length == 0)
        {
            return Result(Futimens(directory.Number, times));
        }

        byte* text = stackalloc byte[PathMax];
        return Terminate(name, text) is var errno && errno != Errno.None ? errno : Result(Utimens(directory.Number, text, times, AtSymlinkNoFollow));
    }

    /// <summary>ftruncate(2).</summary>
    public static Errno TrySetSize(SafeFd file, long size) => Result(Truncate(file.Number, size));

    /// <summary>pwrite(2) until all is written.</summary>
    public static Errno TryWriteAt(SafeFd file, ReadOnlySpan<byte> data, long offset)
    {
        fixed (byte* at = data)
        {
            for (int done = 0; done < data.Length;)
            {
                nint count = PWrite(file.Number, at + done, data.Length - done, offset + done);
                if (count >= 0)
                {
                    done += (int)count;
                }
                else if (Native.LastErrno is var errno && errno != Errno.EINTR)
                {
                    return errno;
                }
            }
        }

        return Errno.None;
    }

    /// <summary>pread(2), once; the name is for the message.</summary>
    /// <exception cref="LinuxException">As pread(2).</exception>
    public static int ReadAt(SafeFd file, Span<byte> buffer, long offset, string name)
    {
        fixed (byte* at = buffer)
        {
            while (true)
            {
                nint count = PRead(file.Number, at, buffer.Length, offset);
                if (count >= 0)
                {
                    return (int)count;
                }

                if (Native.LastErrno is var errno && errno != Errno.EINTR)
                {
                    throw new LinuxException("pread", RawName.Quote(name), errno);
                }
            }
        }
    }

    /// <summary>fsync(2).</summary>
    /// <exception cref="LinuxException">As fsync(2): what the disk said when it was written to.</exception>
    public static void Sync(SafeFd file, string name)
    {
        if (Fsync(file.Number) != 0)
        {
            throw new LinuxException("fsync", RawName.Quote(name), Native.LastErrno);
        }
    }

    /// <summary>What users without privileges may still write to the file system, in bytes (fstatfs(2)).</summary>
    /// <exception cref="LinuxException">As fstatfs(2).</exception>
    public static ulong FreeSpace(SafeFd file)
    {
        ulong* buffer = stackalloc ulong[32];
        return Native.Fstatfs(file.Number, (byte*)buffer) == 0
            ? Math.Min(buffer[4], long.MaxValue / Math.Max(buffer[1], 1)) * buffer[1] // f_bavail, f_bsize
            : throw new LinuxException("fstatfs", "", Native.LastErrno);
    }

    private static Errno Result(int result) => result == 0 ? Errno.None : Native.LastErrno;

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true)]
    private static partial int MkdirAt(int directory, byte* path, uint mode);

    [LibraryImport("libc", EntryPoint = "mknodat", SetLastError = true)]
    private static partial int MknodAt(int directory, byte* path, uint mode, ulong device);

    [LibraryImport("libc", EntryPoint = "symlinkat", SetLastError = true)]
    private static partial int SymlinkAt(byte* target, int directory, byte* path);

    [LibraryImport("libc", EntryPoint = "linkat", SetLastError = true)]
    private static partial int LinkAt(int fromDirectory, byte* from, int toDirectory, byte* to, int flags);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true)]
    private static partial int UnlinkAt(int directory, byte* path, int flags);

    [LibraryImport("libc", EntryPoint = "fchownat", SetLastError = true)]
    private static partial int ChownAt(int directory, byte* path, uint uid, uint gid, int flags);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    private static partial int Chmod(int fd, uint mode);

    [LibraryImport("libc", EntryPoint = "fchmodat", SetLastError = true)]
    private static partial int ChmodAt(int directory, byte* path, uint mode, int flags);

    [LibraryImport("libc", EntryPoint = "utimensat", SetLastError = true)]
    private static partial int Utimens(int directory, byte* path, FileTime* times, int flags);

    [LibraryImport("libc", EntryPoint = "futimens", SetLastError = true)]
    private static partial int Futimens(int fd, FileTime* times);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    private static partial int Truncate(int fd, long size);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    private static partial nint PWrite(int fd, byte* buffer, nint size, long offset);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    private static partial nint PRead(int fd, byte* buffer, nint size, long offset);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int fd);
}
