using System.Runtime.InteropServices;

namespace OciRun.Linux;

/// <summary>An executable file on a tmpfs that is mounted nowhere: fsopen(2), fsmount(2). For hosts where vm.memfd_noexec is 2 and no memfd may be executed.</summary>
public static unsafe class DetachedTmpfs
{
    private const long SysFsOpen = 430, SysFsConfig = 431, SysFsMount = 432, SysMountSetAttr = 442;
    private const int FsOpenCloExec = 1, FsMountCloExec = 1, CommandCreate = 6, AtEmptyPath = 0x1000;
    private const ulong ReadOnly = 1, NoSuid = 2, NoDev = 4;

    /// <summary>The file, open for reading; nobody can change it any more: the mount is read-only, and only its descriptors keep it alive.</summary>
    /// <exception cref="LinuxException">As fsopen(2): EPERM without CAP_SYS_ADMIN.</exception>
    public static SafeFd CreateFile(string name, ReadOnlySpan<byte> contents)
    {
        using SafeFd mount = Mount();
        using (SafeFd file = Files.Open(mount, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, 0x140))
        {
            Files.Write(file, contents, name);
        }

        MakeReadOnly(mount);
        return Files.Open(mount, name, OpenFlags.ReadOnly);
    }

    private static SafeFd Mount()
    {
        fixed (byte* type = "tmpfs\0"u8)
        {
            using var context = new SafeFd((int)Check("fsopen", Native.Syscall(SysFsOpen, (long)type, FsOpenCloExec)));
            Check("fsconfig", Native.Syscall(SysFsConfig, context.Number, CommandCreate));
            return new SafeFd((int)Check("fsmount", Native.Syscall(SysFsMount, context.Number, FsMountCloExec, (long)(NoSuid | NoDev))));
        }
    }

    private static void MakeReadOnly(SafeFd mount)
    {
        MountAttributes attributes = new() { Set = ReadOnly };
        fixed (byte* empty = new byte[1])
        {
            Check("mount_setattr", Native.Syscall(SysMountSetAttr, mount.Number, (long)empty, AtEmptyPath, (long)&attributes, sizeof(MountAttributes)));
        }
    }

    private static long Check(string call, long result) => result >= 0 ? result : throw new LinuxException(call, "tmpfs", Native.LastErrno);

    /// <summary>struct mount_attr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MountAttributes
    {
        internal ulong Set;
        internal ulong Clear;
        internal ulong Propagation;
        internal ulong UserNamespace;
    }
}
