using System.Globalization;

namespace OciRun.Linux;

/// <summary>
/// A file on a tmpfs that is attached nowhere, for machines where memory files cannot be executed (vm.memfd_noexec=2, memfd_create(2)). No path leads to it, and its
/// file system is read-only before anybody else can see it, which does what the seals of a memfd do.
/// </summary>
internal static unsafe class DetachedFile
{
    // asm-generic: the same numbers on every architecture since 5.2.
    private const int Fsopen = 430, Fsconfig = 431, Fsmount = 432;
    private const int CloseOnExec = 1, SetFlag = 0, SetString = 1, CommandCreate = 6, CommandReconfigure = 7;
    private const int NoSuid = 2, NoDev = 4;

    /// <summary>Makes it, with these contents, mode 0500.</summary>
    /// <exception cref="LinuxException">As fsopen(2), fsconfig(2), fsmount(2): EPERM without CAP_SYS_ADMIN.</exception>
    internal static SafeFd Create(string name, ReadOnlySpan<byte> contents)
    {
        using SafeFd context = OpenContext();
        Configure(context, SetString, "mode", "0700");
        Configure(context, SetString, "nr_inodes", "2");
        Configure(context, CommandCreate, null, null);
        int mount = (int)Native.Syscall(Fsmount, context.Number, CloseOnExec, NoSuid | NoDev);
        using SafeFd root = mount >= 0 ? new SafeFd(mount) : throw new LinuxException("fsmount", "tmpfs", Native.LastErrno);
        using (SafeFd file = Files.Open(root, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, mode: 0x140))
        {
            Files.Write(file, contents, name);
        }

        Configure(context, SetFlag, "ro", null);
        Configure(context, CommandReconfigure, null, null);
        return Files.Open(root, name, OpenFlags.ReadOnly | OpenFlags.NoFollow);
    }

    private static SafeFd OpenContext()
    {
        fixed (byte* type = CString.Of("tmpfs"))
        {
            int fd = (int)Native.Syscall(Fsopen, (long)type, CloseOnExec);
            return fd >= 0 ? new SafeFd(fd) : throw new LinuxException("fsopen", "tmpfs", Native.LastErrno);
        }
    }

    private static void Configure(SafeFd context, int command, string? key, string? value)
    {
        fixed (byte* k = key is null ? null : CString.Of(key), v = value is null ? null : CString.Of(value))
        {
            if (Native.Syscall(Fsconfig, context.Number, command, (long)k, (long)v) < 0)
            {
                throw new LinuxException("fsconfig", string.Create(CultureInfo.InvariantCulture, $"tmpfs, {command}, {key}={value}"), Native.LastErrno);
            }
        }
    }
}
