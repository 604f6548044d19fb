using System.Runtime.InteropServices;

namespace OciRun.Linux;

public static unsafe partial class TreeFiles
{
    /// <summary>Sets an extended attribute of an open file, fsetxattr(2). A descriptor of O_PATH works too: a symbolic link's own attributes, xattr(7).</summary>
    public static Errno TrySetAttribute(SafeFd file, string name, ReadOnlySpan<byte> value)
    {
        byte* text = stackalloc byte[PathMax], path = stackalloc byte[64];
        if (Terminate(name, text) is var errno && errno != Errno.None)
        {
            return errno;
        }

        fixed (byte* data = value)
        {
            errno = Result(SetAttribute(file.Number, text, data, value.Length, 0));
            return errno == Errno.EBADF ? Result(SetAttributeByPath(Handle(file, path), text, data, value.Length, 0)) : errno;
        }
    }

    /// <summary>An extended attribute of an open file, fgetxattr(2); null where there is none, or the file system has none at all.</summary>
    /// <exception cref="LinuxException">As fgetxattr(2).</exception>
    public static byte[]? GetAttribute(SafeFd file, string name)
    {
        byte* text = stackalloc byte[PathMax], path = stackalloc byte[64];
        if (Terminate(name, text) != Errno.None)
        {
            return null;
        }

        // Two calls at most races aside: most values are small.
        for (int size = 256; ; size = 65536)
        {
            byte[] buffer = new byte[size];
            fixed (byte* data = buffer)
            {
                nint length = GetAttribute(file.Number, text, data, size);
                if (length < 0 && Native.LastErrno == Errno.EBADF)
                {
                    length = GetAttributeByPath(Handle(file, path), text, data, size);
                }

                if (length >= 0)
                {
                    return buffer[..(int)length];
                }
            }

            if (Native.LastErrno is Errno.ENODATA or Errno.EOPNOTSUPP)
            {
                return null;
            }

            if (Native.LastErrno != Errno.ERANGE || size > 256)
            {
                throw new LinuxException("fgetxattr", RawName.Quote(name), Native.LastErrno);
            }
        }
    }

    /// <summary>All extended attributes of an open file, sorted by name; empty where the file system has none.</summary>
    /// <exception cref="LinuxException">As flistxattr(2) and fgetxattr(2).</exception>
    public static List<KeyValuePair<string, byte[]>> GetAttributes(SafeFd file)
    {
        var found = new List<KeyValuePair<string, byte[]>>();
        foreach (string name in AttributeNames(file))
        {
            if (GetAttribute(file, name) is { } value)
            {
                found.Add(new(name, value));
            }
        }

        found.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        return found;
    }

    private static List<string> AttributeNames(SafeFd file)
    {
        byte* path = stackalloc byte[64];
        var names = new List<string>();
        for (int size = 1024; ; size = 65536)
        {
            byte[] buffer = new byte[size];
            nint length;
            fixed (byte* data = buffer)
            {
                length = ListAttributes(file.Number, data, size);
                if (length < 0 && Native.LastErrno == Errno.EBADF)
                {
                    length = ListAttributesByPath(Handle(file, path), data, size);
                }
            }

            if (length >= 0)
            {
                ReadOnlySpan<byte> rest = buffer.AsSpan(0, (int)length);
                for (int end; (end = rest.IndexOf((byte)0)) >= 0; rest = rest[(end + 1)..])
                {
                    names.Add(RawName.Of(rest[..end]));
                }

                return names;
            }

            if (Native.LastErrno == Errno.EOPNOTSUPP)
            {
                return names;
            }

            if (Native.LastErrno != Errno.ERANGE || size > 1024)
            {
                throw new LinuxException("flistxattr", "", Native.LastErrno);
            }
        }
    }

    /// <summary>The descriptor as a path: the only way to the attributes of what O_PATH has opened (setxattrat(2) is of 6.13).</summary>
    private static byte* Handle(SafeFd file, byte* path)
    {
        Terminate(file.ProcPath, path);
        return path;
    }

    [LibraryImport("libc", EntryPoint = "fsetxattr", SetLastError = true)]
    private static partial int SetAttribute(int fd, byte* name, byte* value, nint size, int flags);

    [LibraryImport("libc", EntryPoint = "setxattr", SetLastError = true)]
    private static partial int SetAttributeByPath(byte* path, byte* name, byte* value, nint size, int flags);

    [LibraryImport("libc", EntryPoint = "fgetxattr", SetLastError = true)]
    private static partial nint GetAttribute(int fd, byte* name, byte* value, nint size);

    [LibraryImport("libc", EntryPoint = "getxattr", SetLastError = true)]
    private static partial nint GetAttributeByPath(byte* path, byte* name, byte* value, nint size);

    [LibraryImport("libc", EntryPoint = "flistxattr", SetLastError = true)]
    private static partial nint ListAttributes(int fd, byte* list, nint size);

    [LibraryImport("libc", EntryPoint = "listxattr", SetLastError = true)]
    private static partial nint ListAttributesByPath(byte* path, byte* list, nint size);
}
