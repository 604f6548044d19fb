namespace OciRun.Spec;

/// <summary>MOUNT_ATTR_* of mount_setattr(2) and fsmount(2): numbers of the kernel's interface.</summary>
public static class MountAttr
{
#pragma warning disable CS1591 // the kernel's names, mount_setattr(2)
    public const ulong ReadOnly = 0x00000001;
    public const ulong NoSuid = 0x00000002;
    public const ulong NoDev = 0x00000004;
    public const ulong NoExec = 0x00000008;

    /// <summary>The three access-time modes are one field: to set one, this is cleared at the same time.</summary>
    public const ulong AtimeMask = 0x00000070;
    public const ulong Relatime = 0x00000000;
    public const ulong NoAtime = 0x00000010;
    public const ulong StrictAtime = 0x00000020;
    public const ulong NoDirAtime = 0x00000080;
    public const ulong IdMap = 0x00100000;

    /// <summary>Linux 5.14.</summary>
    public const ulong NoSymFollow = 0x00200000;
#pragma warning restore CS1591
}
