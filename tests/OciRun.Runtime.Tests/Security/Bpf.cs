namespace OciRun.Runtime.Tests.Security;

/// <summary>Numbers of audit.h and seccomp.h, written down a second time.</summary>
internal static class Bpf
{
    internal const uint X86_64 = 0xc000003e, I386 = 0x40000003, Aarch64 = 0xc00000b7, Arm = 0x40000028, S390X = 0x80000016;
    internal const uint X32Bit = 0x40000000;

    internal static uint Errno(uint errno) => 0x50000 | errno;

    internal const uint Allow = 0x7fff0000, Kill = 0, KillProcess = 0x80000000, Trap = 0x30000, Log = 0x7ffc0000, Trace = 0x7ff00000, Notify = 0x7fc00000;

    internal const uint Enosys = 0x50000 | 38, Eperm = 0x50000 | 1;
}
