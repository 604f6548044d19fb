using Tmds.Linux;

namespace OciRun.Linux;

/// <summary>memfd_create(2) and its seals.</summary>
public static unsafe class Memory
{
    private const uint CloseOnExec = 1, AllowSealing = 2, NoExecSeal = 8, Exec = 0x10;
    private const int AddSeals = 1033;
    private const int SealSeal = 1, SealShrink = 2, SealGrow = 4, SealWrite = 8;

    /// <summary>
    /// An anonymous file with these contents that nobody can change any more (F_SEAL_WRITE), as the stage and its plan are handed over: a
    /// container that reaches it through /proc/PID/exe finds nothing to overwrite (CVE-2019-5736).
    /// </summary>
    /// <param name="name">Shown in /proc/PID/fd, without meaning.</param>
    /// <param name="contents">All of it.</param>
    /// <param name="executable">
    /// MFD_EXEC; without, MFD_NOEXEC_SEAL. Kernels before 6.3 know neither and allow execution. Where vm.memfd_noexec is 2, it is a file of a detached read-only tmpfs.
    /// </param>
    /// <exception cref="LinuxException">As memfd_create(2), or fsopen(2): EPERM where vm.memfd_noexec is 2 and we lack CAP_SYS_ADMIN.</exception>
    public static SafeFd CreateSealed(string name, ReadOnlySpan<byte> contents, bool executable)
    {
        int number = Create(name, executable, out Errno errno);
        if (number < 0)
        {
            return executable && errno == Errno.EACCES ? DetachedFile.Create(name, contents) : throw new LinuxException("memfd_create", Quoting.Quote(name), errno);
        }

        var fd = new SafeFd(number);
        Fill(fd, contents, name);
        if (LibC.fcntl(fd.Number, AddSeals, SealSeal | SealShrink | SealGrow | SealWrite) != 0)
        {
            throw new LinuxException("fcntl", "memfd:" + name + ", F_ADD_SEALS", (Errno)LibC.errno);
        }

        return fd;
    }

    /// <summary>An anonymous file of one page, zeroed, to be shared.</summary>
    /// <exception cref="LinuxException">As memfd_create(2).</exception>
    public static SafeFd CreatePage(string name) => CreateShared(name, 4096);

    /// <summary>An anonymous file of this many bytes, zeroed, to be shared.</summary>
    /// <exception cref="LinuxException">As memfd_create(2).</exception>
    public static SafeFd CreateShared(string name, int size)
    {
        int number = Create(name, executable: false, out Errno errno);
        SafeFd fd = number >= 0 ? new SafeFd(number) : throw new LinuxException("memfd_create", Quoting.Quote(name), errno);
        return LibC.ftruncate(fd.Number, (off_t)(long)size) == 0 ? fd : throw new LinuxException("ftruncate", "memfd:" + name, (Errno)LibC.errno);
    }

    /// <summary>By pwrite(2): the offset stays 0 for who reads it as a standard input.</summary>
    private static void Fill(SafeFd fd, ReadOnlySpan<byte> contents, string name)
    {
        fixed (byte* p = contents)
        {
            for (int done = 0; done < contents.Length;)
            {
                long count = (long)LibC.pwrite(fd.Number, p + done, (size_t)(ulong)(contents.Length - done), (off_t)(long)done);
                if (count < 0)
                {
                    throw new LinuxException("pwrite", "memfd:" + name, (Errno)LibC.errno);
                }

                done += (int)count;
            }
        }
    }

    private static int Create(string name, bool executable, out Errno errno)
    {
        fixed (byte* n = CString.Of(name))
        {
            int fd = Native.MemfdCreate(n, CloseOnExec | AllowSealing | (executable ? Exec : NoExecSeal));
            errno = fd < 0 ? Native.LastErrno : Errno.None;
            if (errno == Errno.EINVAL) // before 6.3
            {
                fd = Native.MemfdCreate(n, CloseOnExec | AllowSealing);
                errno = fd < 0 ? Native.LastErrno : Errno.None;
            }

            return fd;
        }
    }
}
