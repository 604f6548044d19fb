namespace OciRun.Spec;

/// <summary>
/// Attributes of a mount that option words ask for. What neither is set nor cleared stays as the mount (or the filesystem's default) has
/// it: that difference decides whether a locked flag of a bind mount's source may be kept (only where its opposite was not asked for).
/// </summary>
public readonly record struct MountAttributes
{
    private const int AtimeNamed = 1, NoAtime = 2, StrictAtime = 4;

    /// <summary>MOUNT_ATTR_* to set.</summary>
    public ulong Set { get; init; }

    /// <summary>MOUNT_ATTR_* to clear; holds the whole of <see cref="MountAttr.AtimeMask"/> when a mode of access times was
    /// named.</summary>
    public ulong Clear { get; init; }

    /// <summary>No word touched an attribute.</summary>
    public bool IsEmpty => (Set | Clear) == 0;

    private int Atime { get; init; }

    /// <summary>The attributes after one more word; the later word wins.</summary>
    internal MountAttributes With(ulong flag, bool set) => set
        ? this with { Set = Set | flag, Clear = Clear & ~flag }
        : this with { Set = Set & ~flag, Clear = Clear | flag };

    /// <summary>
    /// The attributes after one more word about access times. As in mount(2): strictatime beats noatime beats relatime, and relatime is the
    /// default, so that "atime", "norelatime" and "nostrictatime" only take back an earlier word.
    /// </summary>
    internal MountAttributes WithAtime(ulong mode, bool set)
    {
        int bit = mode == MountAttr.NoAtime ? NoAtime : mode == MountAttr.StrictAtime ? StrictAtime : 0;
        int atime = (set ? Atime | bit : Atime & ~bit) | AtimeNamed;
        ulong resolved = (atime & StrictAtime) != 0 ? MountAttr.StrictAtime : (atime & NoAtime) != 0 ? MountAttr.NoAtime : MountAttr.Relatime;
        return this with { Atime = atime, Set = Set & ~MountAttr.AtimeMask | resolved, Clear = Clear | MountAttr.AtimeMask };
    }
}
