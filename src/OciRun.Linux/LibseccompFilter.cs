using System.Runtime.InteropServices;

namespace OciRun.Linux;

/// <summary>A filter that libseccomp builds; disposing it frees its memory.</summary>
public sealed unsafe partial class LibseccompFilter : IDisposable
{
    private const int AttributeOptimize = 8; // SCMP_FLTATR_CTL_OPTIMIZE, since 2.5
    private const uint NoExecSeal = 8; // MFD_NOEXEC_SEAL, since Linux 6.3; with vm.memfd_noexec=2 nothing else is let through
    private const uint CloseOnExec = 1; // MFD_CLOEXEC

    private nint _context;

    /// <summary>An empty filter for this machine's architecture, seccomp_init(3).</summary>
    /// <param name="defaultAction">What is done with calls that no rule matches (SECCOMP_RET_*).</param>
    /// <exception cref="LinuxException">libseccomp or this kernel does not know the action (EINVAL is reported for it).</exception>
    public LibseccompFilter(uint defaultAction)
    {
        _context = Init(defaultAction);
        if (_context == 0)
            throw new LinuxException("seccomp_init", $"0x{defaultAction:x}", Errno.EINVAL);
    }

    /// <summary>
    /// Makes it a filter for another architecture, in place of this machine's, seccomp_arch_add(3) and seccomp_arch_remove(3).
    /// </summary>
    /// <param name="token">SCMP_ARCH_*, of <see cref="Libseccomp.ResolveArchitecture"/>; not this machine's.</param>
    /// <param name="errno">EDOM: its byte order is not this machine's, which the library does not serve.</param>
    /// <returns>Whether it is done.</returns>
    public bool TryReplaceArchitecture(uint token, out Errno errno)
    {
        int error = AddArchitecture(_context, token);
        if (error == 0)
            error = RemoveArchitecture(_context, Libseccomp.NativeArchitecture);
        errno = (Errno)(-error);
        return errno == Errno.None;
    }

    /// <summary>
    /// Asks for a binary tree over the numbers in place of one comparison after the other.
    /// </summary>
    public void UseBinaryTree() => _ = SetAttribute(_context, AttributeOptimize, 2);

    /// <summary>Adds a rule, seccomp_rule_add_array(3).</summary>
    /// <param name="action">SECCOMP_RET_*; must not be the filter's default action (EACCES).</param>
    /// <param name="syscall">Number on this machine, or libseccomp's negative one of a call that only others have.</param>
    /// <param name="comparisons">All must hold; each argument at most once (EINVAL).</param>
    /// <param name="errno">Why not.</param>
    /// <returns>Whether it is in the filter now.</returns>
    public bool TryAddRule(uint action, int syscall, ReadOnlySpan<SeccompComparison> comparisons, out Errno errno)
    {
        fixed (SeccompComparison* first = comparisons)
            errno = (Errno)(-AddRule(_context, action, syscall, (uint)comparisons.Length, first));
        return errno == Errno.None;
    }

    /// <summary>
    /// The finished program, seccomp_export_bpf(3): struct sock_filter after struct sock_filter, 8 bytes each, in this machine's byte
    /// order.
    /// </summary>
    /// <exception cref="LinuxException">No memory, or no descriptor for the memory file that it passes through.</exception>
    public byte[] Export()
    {
        int number;
        fixed (byte* name = "seccomp"u8)
        {
            number = MemfdCreate(name, CloseOnExec | NoExecSeal);
            if (number < 0 && Native.LastErrno == Errno.EINVAL)
                number = MemfdCreate(name, CloseOnExec);
        }
        if (number < 0)
            throw new LinuxException("memfd_create", "\"seccomp\"", Native.LastErrno);
        using var file = new SafeFd(number);
        int error = ExportBpf(_context, number);
        if (error != 0)
            throw new LinuxException("seccomp_export_bpf", "", (Errno)(-error));
        return ReadAll(number);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_context != 0)
            Release(_context);
        _context = 0;
    }

    private static byte[] ReadAll(int file)
    {
        long size = Seek(file, 0, 2);
        if (size < 0)
            throw new LinuxException("lseek", "memfd, 0, SEEK_END", Native.LastErrno);
        var content = new byte[size];
        int done = 0;
        while (done < content.Length)
        {
            fixed (byte* at = &content[done])
            {
                nint count = ReadAt(file, at, content.Length - done, done);
                if (count <= 0)
                    throw new LinuxException("pread", $"memfd, {content.Length - done}, {done}", count < 0 ? Native.LastErrno : Errno.EIO);
                done += (int)count;
            }
        }
        return content;
    }

    [LibraryImport(Libseccomp.Library, EntryPoint = "seccomp_init")]
    private static partial nint Init(uint defaultAction);

    [LibraryImport(Libseccomp.Library, EntryPoint = "seccomp_release")]
    private static partial void Release(nint context);

    [LibraryImport(Libseccomp.Library, EntryPoint = "seccomp_arch_add")]
    private static partial int AddArchitecture(nint context, uint token);

    [LibraryImport(Libseccomp.Library, EntryPoint = "seccomp_arch_remove")]
    private static partial int RemoveArchitecture(nint context, uint token);

    [LibraryImport(Libseccomp.Library, EntryPoint = "seccomp_attr_set")]
    private static partial int SetAttribute(nint context, int attribute, uint value);

    [LibraryImport(Libseccomp.Library, EntryPoint = "seccomp_rule_add_array")]
    private static partial int AddRule(nint context, uint action, int syscall, uint count, SeccompComparison* comparisons);

    [LibraryImport(Libseccomp.Library, EntryPoint = "seccomp_export_bpf")]
    private static partial int ExportBpf(nint context, int file);

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true)]
    private static partial int MemfdCreate(byte* name, uint flags);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long Seek(int file, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    private static partial nint ReadAt(int file, byte* buffer, nint count, long offset);
}
