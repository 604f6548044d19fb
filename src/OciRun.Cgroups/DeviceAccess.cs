namespace OciRun.Cgroups;

/// <summary>What may be done to a device node; the numbers are the kernel's (BPF_DEVCG_ACC_*).</summary>
[Flags]
internal enum DeviceAccess
{
    None = 0,
    Mknod = 1,
    Read = 2,
    Write = 4,
    All = Mknod | Read | Write,
}
