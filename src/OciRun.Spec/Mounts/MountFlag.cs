namespace OciRun.Spec;

/// <summary>MS_* of mount(2): propagation (also a field of mount_setattr(2)) and flags of a superblock.</summary>
public static class MountFlag
{
#pragma warning disable CS1591 // the kernel's names, mount(2)
    public const ulong ReadOnly = 1;
    public const ulong Synchronous = 16;
    public const ulong Mandlock = 64;
    public const ulong DirSync = 128;
    public const ulong Rec = 16384;
    public const ulong Silent = 32768;
    public const ulong Unbindable = 1 << 17;
    public const ulong Private = 1 << 18;
    public const ulong Slave = 1 << 19;
    public const ulong Shared = 1 << 20;
    public const ulong IVersion = 1 << 23;
    public const ulong LazyTime = 1 << 25;
#pragma warning restore CS1591

    /// <summary>The flags of a propagation word, as mount options and linux.rootfsPropagation use it.</summary>
    /// <param name="word">private, slave, shared, unbindable, or one of them with an r in front.</param>
    /// <param name="flags">MS_PRIVATE..., with MS_REC.</param>
    /// <returns>False for any other word.</returns>
    public static bool TryGetPropagation(string? word, out ulong flags)
    {
        flags = word switch
        {
            "private" => Private,
            "rprivate" => Private | Rec,
            "shared" => Shared,
            "rshared" => Shared | Rec,
            "slave" => Slave,
            "rslave" => Slave | Rec,
            "unbindable" => Unbindable,
            "runbindable" => Unbindable | Rec,
            _ => 0,
        };
        return flags != 0;
    }
}
