using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using Tmds.Linux;

namespace OciRun.Linux;

/// <summary>Files and directories by descriptor: open(2), read(2), write(2), mkdir(2), rename(2), statx(2). Every descriptor is close-on-exec.</summary>
public static unsafe class Files
{
    private const int AtEmptyPath = 0x1000, AtRemoveDir = 0x200, AtSymlinkNoFollow = 0x100;

    /// <summary>openat(2).</summary>
    /// <exception cref="LinuxException">As openat(2).</exception>
    public static SafeFd Open(SafeFd directory, string path, OpenFlags flags, uint mode = 0) =>
        TryOpen(directory, path, flags, out Errno errno, mode) ?? throw new LinuxException("openat", Quoting.Quote(path), errno);

    /// <summary>open(2).</summary>
    /// <exception cref="LinuxException">As open(2).</exception>
    public static SafeFd Open(string path, OpenFlags flags, uint mode = 0) =>
        TryOpen(SafeFd.CurrentDirectory, path, flags, out Errno errno, mode) ?? throw new LinuxException("open", Quoting.Quote(path), errno);

    /// <summary>openat(2), for callers that expect a failure: null and the reason.</summary>
    public static SafeFd? TryOpen(SafeFd directory, string path, OpenFlags flags, out Errno errno, uint mode = 0)
    {
        int fd;
        fixed (byte* p = CString.Of(path))
        {
            do
            {
                fd = LibC.openat(directory.Number, p, (int)(flags | OpenFlags.CloseOnExec), (mode_t)mode);
                errno = fd < 0 ? LastErrno() : Errno.None;
            }
            while (errno == Errno.EINTR);
        }

        return fd < 0 ? null : new SafeFd(fd);
    }

    /// <summary>openat2(2) with RESOLVE_IN_ROOT: what a process would find there whose root directory this is, as an O_PATH descriptor; null and the reason on failure.</summary>
    public static SafeFd? TryOpenInRoot(SafeFd root, string path, out Errno errno)
    {
        const int Openat2 = 437;
        const ulong NoMagicLinks = 2, InRoot = 16;
        ulong* how = stackalloc ulong[3] { (ulong)(OpenFlags.Path | OpenFlags.CloseOnExec), 0, NoMagicLinks | InRoot };
        fixed (byte* p = CString.Of(path))
        {
            long fd;
            do
            {
                fd = Native.Syscall(Openat2, root.Number, (long)p, (long)how, 3 * sizeof(ulong));
                errno = fd < 0 ? Native.LastErrno : Errno.None;
            }
            while (errno is Errno.EINTR or Errno.EAGAIN); // EAGAIN: something was renamed meanwhile
            return fd < 0 ? null : new SafeFd((int)fd);
        }
    }

    /// <summary>The whole of a file that may be read to its end, at most <paramref name="limit"/> bytes.</summary>
    /// <exception cref="LinuxException">As open(2) and read(2); EFBIG past the limit.</exception>
    public static byte[] ReadAll(string path, int limit = 16 << 20)
    {
        using SafeFd fd = Open(path, OpenFlags.ReadOnly);
        return ReadAll(fd, path, limit);
    }

    /// <summary>The rest of what the descriptor gives; <paramref name="name"/> is for the message.</summary>
    /// <exception cref="LinuxException">As read(2); EFBIG past the limit.</exception>
    public static byte[] ReadAll(SafeFd fd, string name, int limit = 16 << 20) =>
        TryReadAll(fd, limit, out byte[] contents) is var errno && errno == Errno.None ? contents : throw new LinuxException("read", Quoting.Quote(name), errno);

    /// <summary>The same for callers that expect a failure.</summary>
    [SkipLocalsInit]
    public static Errno TryReadAll(SafeFd fd, int limit, out byte[] contents)
    {
        Span<byte> buffer = stackalloc byte[4096]; // holds most files of procfs and cgroupfs
        int length = 0;
        contents = [];
        while (true)
        {
            if (TryRead(fd, buffer[length..], out int count) is var errno && errno != Errno.None)
            {
                return errno;
            }

            if (count == 0)
            {
                contents = buffer[..length].ToArray();
                return Errno.None;
            }

            length += count;
            if (length > limit)
            {
                return Errno.EFBIG;
            }

            if (length == buffer.Length)
            {
                byte[] larger = new byte[length * 4];
                buffer.CopyTo(larger);
                buffer = larger;
            }
        }
    }

    /// <summary>read(2), once.</summary>
    /// <exception cref="LinuxException">As read(2).</exception>
    public static int Read(SafeFd fd, Span<byte> buffer, string name) =>
        TryRead(fd, buffer, out int count) is var errno && errno == Errno.None ? count : throw new LinuxException("read", Quoting.Quote(name), errno);

    /// <summary>read(2), once, for callers that expect a failure.</summary>
    public static Errno TryRead(SafeFd fd, Span<byte> buffer, out int count)
    {
        fixed (byte* p = buffer)
        {
            while (true)
            {
                count = (int)(long)LibC.read(fd.Number, p, (size_t)(ulong)buffer.Length);
                if (count >= 0)
                {
                    return Errno.None;
                }

                if (LastErrno() is var errno && errno != Errno.EINTR)
                {
                    return errno;
                }
            }
        }
    }

    /// <summary>write(2) until all is written. procfs and cgroupfs take one write whole or refuse it.</summary>
    /// <exception cref="LinuxException">As write(2); the message names the file and, when it is short, the text.</exception>
    public static void Write(SafeFd fd, ReadOnlySpan<byte> data, string name)
    {
        if (TryWrite(fd, data) is var errno && errno != Errno.None)
        {
            string text = data.Length <= 64 ? ", " + Quoting.Quote(Encoding.UTF8.GetString(data)) : "";
            throw new LinuxException("write", Quoting.Quote(name) + text, errno);
        }
    }

    /// <summary>write(2) until all is written, for callers that expect a failure.</summary>
    public static Errno TryWrite(SafeFd fd, ReadOnlySpan<byte> data)
    {
        fixed (byte* p = data)
        {
            for (int done = 0; done < data.Length;)
            {
                long count = (long)LibC.write(fd.Number, p + done, (size_t)(ulong)(data.Length - done));
                if (count >= 0)
                {
                    done += (int)count;
                }
                else if (LastErrno() is var errno && errno != Errno.EINTR)
                {
                    return errno;
                }
            }
        }

        return Errno.None;
    }

    /// <summary>Opens, writes once, closes: for files of procfs and cgroupfs.</summary>
    /// <exception cref="LinuxException">As open(2) and write(2).</exception>
    public static void WriteText(string path, string text)
    {
        using SafeFd fd = Open(path, OpenFlags.WriteOnly);
        Write(fd, Encoding.UTF8.GetBytes(text), path);
    }

    /// <summary>mkdirat(2), for callers to whom EEXIST may be fine.</summary>
    public static Errno TryMakeDirectory(SafeFd directory, string path, uint mode)
    {
        fixed (byte* p = CString.Of(path))
        {
            return LibC.mkdirat(directory.Number, p, (mode_t)mode) == 0 ? Errno.None : LastErrno();
        }
    }

    /// <summary>mkdir(2) of an absolute path and of all above it that are missing; on failure <paramref name="part"/> is the one that could not be made.</summary>
    public static Errno TryMakeDirectories(string path, uint mode, out string part)
    {
        for (int slash = path.IndexOf('/', 1); ; slash = path.IndexOf('/', slash + 1))
        {
            part = slash < 0 ? path : path[..slash];
            Errno errno = TryMakeDirectory(SafeFd.CurrentDirectory, part, mode);
            if (errno is not (Errno.None or Errno.EEXIST))
            {
                return errno;
            }

            if (slash < 0)
            {
                return Errno.None;
            }
        }
    }

    /// <summary>unlinkat(2), for callers to whom ENOENT may be fine; <paramref name="isDirectory"/>: as rmdir(2).</summary>
    public static Errno TryRemove(SafeFd directory, string path, bool isDirectory = false)
    {
        fixed (byte* p = CString.Of(path))
        {
            return LibC.unlinkat(directory.Number, p, isDirectory ? AtRemoveDir : 0) == 0 ? Errno.None : LastErrno();
        }
    }

    /// <summary>renameat(2) within a directory.</summary>
    /// <exception cref="LinuxException">As renameat(2).</exception>
    public static void Rename(SafeFd directory, string from, string to)
    {
        fixed (byte* f = CString.Of(from), t = CString.Of(to))
        {
            if (Native.Renameat(directory.Number, f, directory.Number, t) != 0)
            {
                throw new LinuxException("renameat", Quoting.Quote(from) + ", " + Quoting.Quote(to), Native.LastErrno);
            }
        }
    }

    /// <summary>readlinkat(2); null when it is no link or missing.</summary>
    public static string? ReadLink(SafeFd directory, string path)
    {
        Span<byte> buffer = stackalloc byte[4096];
        fixed (byte* p = CString.Of(path), b = buffer)
        {
            long length = (long)LibC.readlinkat(directory.Number, p, b, (size_t)(ulong)buffer.Length);
            return length < 0 ? null : Encoding.UTF8.GetString(buffer[..(int)length]);
        }
    }

    /// <summary>statx(2) of the descriptor itself.</summary>
    /// <exception cref="LinuxException">As statx(2).</exception>
    public static FileFacts Status(SafeFd fd, string name) =>
        TryStatus(fd, "", followLink: false, out Errno errno) ?? throw new LinuxException("statx", Quoting.Quote(name), errno);

    /// <summary>statx(2) of a path; null and the reason on failure.</summary>
    public static FileFacts? TryStatus(SafeFd directory, string path, bool followLink, out Errno errno)
    {
        Span<byte> buffer = stackalloc byte[256];
        fixed (byte* p = CString.Of(path), b = buffer)
        {
            int flags = (path.Length == 0 ? AtEmptyPath : 0) | (followLink ? 0 : AtSymlinkNoFollow);
            if (Native.Statx(directory.Number, p, flags, StatxResult.BasicStats, b) != 0)
            {
                errno = Native.LastErrno;
                return null;
            }
        }

        errno = Errno.None;
        return TreeFiles.Read(buffer);
    }

    /// <summary>fchmod(2).</summary>
    /// <exception cref="LinuxException">As fchmod(2).</exception>
    public static void ChangeMode(SafeFd fd, uint mode, string name)
    {
        if (LibC.fchmod(fd.Number, (mode_t)mode) != 0)
        {
            throw new LinuxException("fchmod", Quoting.Quote(name), LastErrno());
        }
    }

    /// <summary>fchown(2), for callers that expect a failure.</summary>
    public static Errno TryChangeOwner(SafeFd fd, uint uid, uint gid) =>
        LibC.fchown(fd.Number, (uid_t)uid, (gid_t)gid) == 0 ? Errno.None : LastErrno();

    /// <summary>pipe2(2); the end to read from does not block.</summary>
    /// <exception cref="LinuxException">As pipe2(2).</exception>
    public static (SafeFd Read, SafeFd Write) Pipe()
    {
        int* ends = stackalloc int[2];
        if (LibC.pipe2(ends, (int)OpenFlags.CloseOnExec) != 0)
        {
            throw new LinuxException("pipe2", "", LastErrno());
        }

        const int SetStatusFlags = 4;
        _ = LibC.fcntl(ends[0], SetStatusFlags, (int)OpenFlags.NonBlock); // cannot fail on a pipe
        return (new SafeFd(ends[0]), new SafeFd(ends[1]));
    }

    /// <summary>read(2) of a descriptor that does not block: -1 when there is nothing now, 0 at the end.</summary>
    /// <exception cref="LinuxException">As read(2).</exception>
    public static int ReadAvailable(SafeFd fd, Span<byte> buffer) => TryRead(fd, buffer, out int count) switch
    {
        Errno.None => count,
        Errno.EAGAIN => -1,
        var errno => throw new LinuxException("read", "pipe", errno),
    };

    /// <summary>chdir(2).</summary>
    /// <exception cref="LinuxException">As chdir(2).</exception>
    public static void ChangeDirectory(string path)
    {
        fixed (byte* p = CString.Of(path))
        {
            if (LibC.chdir(p) != 0)
            {
                throw new LinuxException("chdir", Quoting.Quote(path), LastErrno());
            }
        }
    }

    /// <summary>
    /// flock(2), exclusive unless <paramref name="shared"/>; waits, or with <paramref name="wait"/> false returns EAGAIN at once. Released when the descriptor is closed.
    /// </summary>
    public static Errno TryLock(SafeFd fd, bool wait = true, bool shared = false)
    {
        const int LockShared = 1, LockExclusive = 2, LockNonBlocking = 4;
        while (true)
        {
            if (Native.Flock(fd.Number, (shared ? LockShared : LockExclusive) | (wait ? 0 : LockNonBlocking)) == 0)
            {
                return Errno.None;
            }

            if (Native.LastErrno is var errno && errno != Errno.EINTR)
            {
                return errno;
            }
        }
    }

    /// <summary>The names in a directory, without . and .., in the order of the filesystem (getdents64(2)).</summary>
    /// <exception cref="LinuxException">As getdents64(2).</exception>
    [SkipLocalsInit]
    public static List<string> Names(SafeFd directory, string name)
    {
        var names = new List<string>();
        Span<byte> buffer = stackalloc byte[4096];
        while (true)
        {
            int length;
            fixed (byte* p = buffer)
            {
                length = Native.Getdents64(directory.Number, p, buffer.Length);
            }

            if (length <= 0)
            {
                return length == 0 ? names : throw new LinuxException("getdents64", Quoting.Quote(name), Native.LastErrno);
            }

            for (int at = 0; at < length;)
            {
                int size = BinaryPrimitives.ReadUInt16LittleEndian(buffer[(at + 16)..]);
                ReadOnlySpan<byte> entry = buffer.Slice(at + 19, size - 19);
                entry = entry[..entry.IndexOf((byte)0)];
                if (!entry.SequenceEqual("."u8) && !entry.SequenceEqual(".."u8))
                {
                    names.Add(Encoding.UTF8.GetString(entry));
                }

                at += size;
            }
        }
    }

    private static Errno LastErrno() => (Errno)LibC.errno;
}
