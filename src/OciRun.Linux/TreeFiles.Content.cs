using System.Runtime.InteropServices;

namespace OciRun.Linux;

public static unsafe partial class TreeFiles
{
    private const int SeekData = 3, SeekHole = 4;
    private const uint CloneFile = 0x40049409; // FICLONE

    /// <summary>
    /// Copies the content of a regular file into an empty one: shared blocks where the file system can (ioctl_ficlone(2)), else copy_file_range(2) of what is no hole
    /// (lseek(2), SEEK_DATA).
    /// </summary>
    /// <exception cref="LinuxException">As those calls; the name is for the message.</exception>
    public static void CopyContent(SafeFd from, SafeFd to, long size, string name)
    {
        if (size == 0 || Ioctl(to.Number, CloneFile, from.Number) == 0)
        {
            return;
        }

        for (long offset = 0; offset < size;)
        {
            long data = Seek(from.Number, offset, SeekData);
            if (data < 0)
            {
                break; // ENXIO: only a hole is left
            }

            long hole = Seek(from.Number, data, SeekHole);
            CopyRange(from, to, data, hole < 0 ? size : Math.Min(hole, size), name);
            offset = hole < 0 ? size : hole;
        }

        Check(TrySetSize(to, size), "ftruncate", name);
    }

    private static void CopyRange(SafeFd from, SafeFd to, long offset, long end, string name)
    {
        long source = offset, target = offset;
        while (source < end)
        {
            nint count = CopyFileRange(from.Number, &source, to.Number, &target, (nint)Math.Min(end - source, 1 << 30), 0);
            if (count == 0)
            {
                return; // it has become shorter meanwhile
            }

            if (count < 0 && Native.LastErrno is var errno && errno != Errno.EINTR)
            {
                // Between some file systems the kernel does not copy (before 5.19, and FUSE).
                Check(errno is Errno.EXDEV or Errno.EINVAL or Errno.EOPNOTSUPP or Errno.ENOSYS ? Errno.None : errno, "copy_file_range", name);
                CopyByHand(from, to, source, end, name);
                return;
            }
        }
    }

    private static void CopyByHand(SafeFd from, SafeFd to, long offset, long end, string name)
    {
        byte[] buffer = new byte[1 << 17];
        while (offset < end)
        {
            int count = ReadAt(from, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - offset)), offset, name);
            if (count == 0)
            {
                return;
            }

            Check(TryWriteAt(to, buffer.AsSpan(0, count), offset), "pwrite", name);
            offset += count;
        }
    }

    private static void Check(Errno errno, string call, string name)
    {
        if (errno != Errno.None)
        {
            throw new LinuxException(call, RawName.Quote(name), errno);
        }
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Ioctl(int fd, nuint request, long argument);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long Seek(int fd, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "copy_file_range", SetLastError = true)]
    private static partial nint CopyFileRange(int from, long* fromOffset, int to, long* toOffset, nint length, uint flags);
}
