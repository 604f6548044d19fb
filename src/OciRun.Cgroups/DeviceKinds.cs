namespace OciRun.Cgroups;

/// <summary>Block or character devices; the numbers are the kernel's (BPF_DEVCG_DEV_*).</summary>
[Flags]
internal enum DeviceKinds
{
    None = 0,
    Block = 1,
    Character = 2,
    All = Block | Character,
}
