using System.Runtime.InteropServices;

namespace OciRun.Linux;

/// <summary>Log files: opened with O_APPEND, so that writers in several processes never overwrite each other (open(2)).</summary>
public static partial class FileAppend
{
    private const int WriteOnly = 0x1;
    private const int Create = 0x40;
    private const int NoCtty = 0x100;
    private const int Append = 0x400;
    private const int CloseOnExec = 0x80000;

    /// <summary>Opens <paramref name="path"/> for appending; creates it with mode 0644 less the umask. Throws <see cref="LinuxException"/> (open(2)).</summary>
    public static SafeFd Open(string path)
    {
        int fd;
        do
        {
            fd = OpenFile(path, WriteOnly | Create | Append | NoCtty | CloseOnExec, 0x1A4 /* 0644 */);
        }
        while (fd < 0 && Native.LastErrno == Errno.EINTR);
        return fd >= 0 ? new SafeFd(fd) : throw new LinuxException("open", $"\"{path}\", O_WRONLY|O_CREAT|O_APPEND", Native.LastErrno);
    }

    /// <summary>Writes all of <paramref name="bytes"/>, with one write(2) unless the kernel takes less. Throws <see cref="LinuxException"/>.</summary>
    /// <param name="fd">Where to.</param>
    /// <param name="name">What the message calls it.</param>
    /// <param name="bytes">What.</param>
    public static void WriteAll(SafeFd fd, string name, ReadOnlySpan<byte> bytes)
    {
        ArgumentNullException.ThrowIfNull(fd);
        while (!bytes.IsEmpty)
        {
            nint written = WriteFile(fd.Number, in MemoryMarshal.GetReference(bytes), (nuint)bytes.Length);
            if (written >= 0)
            {
                bytes = bytes[(int)written..];
            }
            else if (Native.LastErrno is var errno && errno != Errno.EINTR)
            {
                throw new LinuxException("write", $"\"{name}\"", errno);
            }
        }
    }

    // Variadic in the header, but a mode of integer type travels alike on every ABI that .NET runs Linux on.
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteFile(int fd, in byte buffer, nuint count);
}
