using System.Runtime.InteropServices;

namespace OciRun.Linux;

/// <summary>What this kernel's seccomp(2) can do. Both questions change nothing, need no privilege, and cost a system call each.</summary>
public static class SeccompKernel
{
    private const uint SetModeFilter = 1; // SECCOMP_SET_MODE_FILTER
    private const uint GetActionAvailable = 2; // SECCOMP_GET_ACTION_AVAIL

    /// <summary>
    /// Whether filters may return <paramref name="action"/> (SECCOMP_RET_*; its data, the low 16 bits, is ignored). A kernel without
    /// system call filters says no to each.
    /// </summary>
    public static unsafe bool SupportsAction(uint action)
    {
        action &= 0xffff0000;
        return Native.Syscall(Number, GetActionAvailable, 0, (nint)(&action)) == 0;
    }

    /// <summary>
    /// Whether a filter may be loaded with <paramref name="flags"/> (SECCOMP_FILTER_FLAG_*), all of them together. Asked as
    /// libseccomp does: without a program, known flags give EFAULT, unknown ones and contradicting ones EINVAL.
    /// </summary>
    /// <exception cref="LinuxException">The kernel has no system call filters (EINVAL for no flags at all, ENOSYS), or something forbids
    /// to ask.</exception>
    public static bool SupportsFlags(uint flags)
    {
        Native.Syscall(Number, SetModeFilter, flags, 0);
        return Native.LastErrno switch
        {
            Errno.EFAULT => true,
            Errno.EINVAL when flags != 0 => false,
            var errno => throw new LinuxException("seccomp", $"SECCOMP_SET_MODE_FILTER, 0x{flags:x}, NULL", errno),
        };
    }

    // glibc has no wrapper.
    private static long Number { get; } = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 317,
        Architecture.X86 => 354,
        Architecture.Arm => 383,
        Architecture.S390x => 348,
        Architecture.Ppc64le => 358,
        _ => 277, // asm-generic: arm64, riscv64, loongarch64
    };
}
