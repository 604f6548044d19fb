using System.Runtime.InteropServices;
using OciRun.Spec;

namespace OciRun.Build;

/// <summary>
/// The default filter of system calls for containers of images: what reaches the kernel beyond a container, and what a capability should guard but a user namespace hands out
/// (mounting), is refused with EPERM.
/// </summary>
internal static class SystemCallProfile
{
    private const string Refuse = "SCMP_ACT_ERRNO";
    private const uint Eperm = 1, Enosys = 38;
    private const ulong NewNamespaces = 0x7E020080; // CLONE_NEW*, clone(2)

    private static readonly string[] s_always =
    [
        "acct", "add_key", "bpf", "clock_adjtime", "clock_adjtime64", "clock_settime", "clock_settime64", "create_module", "delete_module", "finit_module", "get_kernel_syms",
        "init_module", "io_uring_enter", "io_uring_register", "io_uring_setup", "ioperm", "iopl", "kcmp", "kexec_file_load", "kexec_load", "keyctl", "lookup_dcookie", "nfsservctl",
        "open_by_handle_at", "perf_event_open", "process_madvise", "process_vm_readv", "process_vm_writev", "query_module", "quotactl", "quotactl_fd", "reboot", "request_key",
        "settimeofday", "stime", "swapoff", "swapon", "_sysctl", "sysfs", "syslog", "uselib", "userfaultfd", "ustat", "vhangup", "vm86", "vm86old",
    ];

    private static readonly string[] s_mounting =
    [
        "fsconfig", "fsmount", "fsopen", "fspick", "mount", "mount_setattr", "move_mount", "open_tree", "pivot_root", "setns", "umount", "umount2", "unshare",
    ];

    /// <param name="mayMount">CAP_SYS_ADMIN was added on purpose: mounting and namespaces stay allowed.</param>
    internal static Seccomp Default(bool mayMount)
    {
        List<SeccompRule> rules = [new() { Names = s_always, Action = Refuse, ErrnoRet = Eperm }];
        if (!mayMount)
        {
            rules.Add(new() { Names = s_mounting, Action = Refuse, ErrnoRet = Eperm });
            // clone3 hides its flags from a filter: with ENOSYS the C library falls back to clone.
            rules.Add(new() { Names = ["clone3"], Action = Refuse, ErrnoRet = Enosys });
            for (ulong flag = 1; flag <= NewNamespaces; flag <<= 1)
            {
                if ((flag & NewNamespaces) != 0)
                {
                    rules.Add(new()
                    {
                        Names = ["clone"],
                        Action = Refuse,
                        ErrnoRet = Eperm,
                        Args = [new() { Index = 0, Value = flag, ValueTwo = flag, Op = "SCMP_CMP_MASKED_EQ" }],
                    });
                }
            }
        }

        return new Seccomp { DefaultAction = "SCMP_ACT_ALLOW", Architectures = Architectures, Syscalls = [.. rules] };
    }

    private static string[] Architectures => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        Architecture.Arm64 => ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
        _ => [],
    };
}
