namespace OciRun.Spec;

/// <summary>
/// What the option words of a mount mean (config.md, Linux mount options). Parsing never fails: a word that is none of the table is an
/// option of the filesystem, as the specification wants it, and the filesystem refuses what it does not know.
/// </summary>
public sealed class MountOptions
{
    private const ulong SuperKnownToFsconfig =
        MountFlag.ReadOnly | MountFlag.Synchronous | MountFlag.DirSync | MountFlag.LazyTime | MountFlag.Mandlock;

    private static readonly string[] s_words =
    [
        "async", "atime", "bind", "defaults", "dev", "diratime", "dirsync", "exec", "iversion", "lazytime", "loud", "mand", "noatime", "nodev",
        "nodiratime", "noexec", "noiversion", "nolazytime", "nomand", "norelatime", "nostrictatime", "nosuid", "nosymfollow", "private", "ratime",
        "rbind", "rdev", "rdiratime", "relatime", "remount", "rexec", "rnoatime", "rnodev", "rnodiratime", "rnoexec", "rnorelatime",
        "rnostrictatime", "rnosuid", "rnosymfollow", "ro", "rprivate", "rrelatime", "rro", "rrw", "rshared", "rslave", "rstrictatime", "rsuid",
        "rsymfollow", "runbindable", "rw", "shared", "silent", "slave", "strictatime", "suid", "symfollow", "sync", "tmpcopyup", "unbindable",
        "idmap", "ridmap", "copy-symlink", "src-nofollow", "dest-nofollow",
    ];

    private List<ulong>? _propagation;
    private List<MountData>? _data;

    private MountOptions()
    {
    }

    /// <summary>Every word that is not passed on to the filesystem (features.md, mountOptions).</summary>
    public static IReadOnlyList<string> KnownWords => s_words;

    /// <summary>"bind" or "rbind": the mount is a bind mount, whatever its type says.</summary>
    public bool IsBind { get; private set; }

    /// <summary>"rbind": with everything mounted below the source.</summary>
    public bool IsRecursiveBind { get; private set; }

    /// <summary>"remount": changes the mount that is there already.</summary>
    public bool IsRemount { get; private set; }

    /// <summary>"tmpcopyup": what was at the destination is copied into the tmpfs.</summary>
    public bool CopyUp { get; private set; }

    /// <summary>"idmap" or "ridmap": the mount is id-mapped.</summary>
    public bool IsIdMapped { get; private set; }

    /// <summary>"ridmap": with everything below it.</summary>
    public bool IsRecursiveIdMapped { get; private set; }

    /// <summary>The text after <c>idmap=</c> or <c>ridmap=</c> (crun's way to name a mapping); null without. See <see
    /// cref="IdMapText"/>.</summary>
    public string? IdMapping { get; private set; }

    /// <summary>"copy-symlink" (crun): a source that is a symbolic link is copied, not mounted.</summary>
    public bool CopySymlink { get; private set; }

    /// <summary>"src-nofollow" (crun): the last component of the source is not followed.</summary>
    public bool SourceNoFollow { get; private set; }

    /// <summary>"dest-nofollow" (crun): the last component of the destination is not followed.</summary>
    public bool DestinationNoFollow { get; private set; }

    /// <summary>Attributes of this mount.</summary>
    public MountAttributes Attributes { get; private set; }

    /// <summary>Attributes of this mount and of everything below it: mount_setattr(2) with AT_RECURSIVE, Linux 5.12. Empty: no such
    /// word.</summary>
    public MountAttributes RecursiveAttributes { get; private set; }

    /// <summary>MS_* of the superblock that a word set ("ro" is here and in <see cref="Attributes"/>; a bind mount uses only the
    /// latter).</summary>
    public ulong SuperblockSet { get; private set; }

    /// <summary>MS_* of the superblock that a word cleared.</summary>
    public ulong SuperblockClear { get; private set; }

    /// <summary>Propagation changes in order, each MS_PRIVATE, MS_SLAVE, MS_SHARED or MS_UNBINDABLE, with MS_REC or without; done after the
    /// mount.</summary>
    public IReadOnlyList<ulong> Propagation => (IReadOnlyList<ulong>?)_propagation ?? [];

    /// <summary>Options for the filesystem, in order.</summary>
    public IReadOnlyList<MountData> Data => (IReadOnlyList<MountData>?)_data ?? [];

    /// <summary>
    /// The superblock's words that fsconfig(2) understands for every filesystem, as flags (vfs_parse_sb_flag in fs/fs_context.c). "silent"
    /// only quiets the kernel log and MS_I_VERSION only exists in mount(2): the filesystems that have it set it themselves.
    /// </summary>
    /// <returns>As in <c>ro</c>, <c>sync</c>, <c>nolazytime</c>.</returns>
    public IEnumerable<string> SuperblockWords()
    {
        for (ulong flag = 1; flag <= MountFlag.LazyTime; flag <<= 1)
        {
            if ((SuperKnownToFsconfig & flag) == 0)
                continue;
            if ((SuperblockSet & flag) != 0)
                yield return SuperblockWord(flag, set: true);
            else if ((SuperblockClear & flag) != 0 && flag != MountFlag.DirSync)
                yield return SuperblockWord(flag, set: false);
        }
    }

    /// <summary>Reads option words.</summary>
    /// <param name="options">mounts[].options; null entries are skipped.</param>
    public static MountOptions Parse(ReadOnlySpan<string> options)
    {
        var result = new MountOptions();
        foreach (string? word in options)
        {
            if (!string.IsNullOrEmpty(word))
                result.Add(word);
        }
        return result;
    }

    private static string SuperblockWord(ulong flag, bool set) => flag switch
    {
        MountFlag.ReadOnly => set ? "ro" : "rw",
        MountFlag.Synchronous => set ? "sync" : "async",
        MountFlag.DirSync => "dirsync",
        MountFlag.LazyTime => set ? "lazytime" : "nolazytime",
        _ => set ? "mand" : "nomand",
    };

    private void Add(string word)
    {
        if (AddKind(word) || AddSuperblock(word))
            return;
        if (MountFlag.TryGetPropagation(word, out ulong propagation))
        {
            (_propagation ??= []).Add(propagation);
            return;
        }
        if (TryApply(word, Attributes, out var attributes))
            Attributes = attributes;
        else if (word[0] == 'r' && TryApply(word.AsSpan(1), RecursiveAttributes, out attributes))
            RecursiveAttributes = attributes;
        else if (!IsForMountCommand(word))
            AddData(word);
    }

    private bool AddKind(string word)
    {
        switch (word)
        {
            case "bind":
                IsBind = true;
                break;
            case "rbind":
                IsBind = IsRecursiveBind = true;
                break;
            case "remount":
                IsRemount = true;
                break;
            case "tmpcopyup":
                CopyUp = true;
                break;
            case "copy-symlink":
                CopySymlink = true;
                break;
            case "src-nofollow":
                SourceNoFollow = true;
                break;
            case "dest-nofollow":
                DestinationNoFollow = true;
                break;
            default:
                return AddIdMap(word);
        }
        return true;
    }

    private bool AddIdMap(string word)
    {
        bool recursive = word.StartsWith("ridmap", StringComparison.Ordinal);
        if (!recursive && !word.StartsWith("idmap", StringComparison.Ordinal))
            return false;
        var rest = word.AsSpan(recursive ? 6 : 5);
        if (rest.Length > 0 && rest[0] != '=')
            return false;
        IsIdMapped = true;
        IsRecursiveIdMapped |= recursive;
        if (rest.Length > 0)
            IdMapping = rest[1..].ToString();
        return true;
    }

    private bool AddSuperblock(string word)
    {
        (ulong flag, bool set) = word switch
        {
            "ro" => (MountFlag.ReadOnly, true),
            "rw" => (MountFlag.ReadOnly, false),
            "sync" => (MountFlag.Synchronous, true),
            "async" => (MountFlag.Synchronous, false),
            "dirsync" => (MountFlag.DirSync, true),
            "lazytime" => (MountFlag.LazyTime, true),
            "nolazytime" => (MountFlag.LazyTime, false),
            "mand" => (MountFlag.Mandlock, true),
            "nomand" => (MountFlag.Mandlock, false),
            "iversion" => (MountFlag.IVersion, true),
            "noiversion" => (MountFlag.IVersion, false),
            "silent" => (MountFlag.Silent, true),
            "loud" => (MountFlag.Silent, false),
            _ => (0UL, false),
        };
        if (flag == 0)
            return false;
        SuperblockSet = set ? SuperblockSet | flag : SuperblockSet & ~flag;
        SuperblockClear = set ? SuperblockClear & ~flag : SuperblockClear | flag;
        if (flag == MountFlag.ReadOnly)
            Attributes = Attributes.With(MountAttr.ReadOnly, set);
        return true;
    }

    /// <summary>The words that exist alone and, with an r in front, recursively.</summary>
    private static bool TryApply(ReadOnlySpan<char> word, MountAttributes before, out MountAttributes after)
    {
        after = word switch
        {
            "ro" => before.With(MountAttr.ReadOnly, true),
            "rw" => before.With(MountAttr.ReadOnly, false),
            "nosuid" => before.With(MountAttr.NoSuid, true),
            "suid" => before.With(MountAttr.NoSuid, false),
            "nodev" => before.With(MountAttr.NoDev, true),
            "dev" => before.With(MountAttr.NoDev, false),
            "noexec" => before.With(MountAttr.NoExec, true),
            "exec" => before.With(MountAttr.NoExec, false),
            "nodiratime" => before.With(MountAttr.NoDirAtime, true),
            "diratime" => before.With(MountAttr.NoDirAtime, false),
            "nosymfollow" => before.With(MountAttr.NoSymFollow, true),
            "symfollow" => before.With(MountAttr.NoSymFollow, false),
            "noatime" => before.WithAtime(MountAttr.NoAtime, true),
            "atime" => before.WithAtime(MountAttr.NoAtime, false),
            "relatime" => before.WithAtime(MountAttr.Relatime, true),
            "norelatime" => before.WithAtime(MountAttr.Relatime, false),
            "strictatime" => before.WithAtime(MountAttr.StrictAtime, true),
            "nostrictatime" => before.WithAtime(MountAttr.StrictAtime, false),
            _ => default,
        };
        // Every word names a bit, so that nothing named means no word of the table.
        return !after.IsEmpty;
    }

    /// <summary>Words that mount(8) keeps for itself and never gives to a filesystem, and that mean nothing inside a container.</summary>
    private static bool IsForMountCommand(string word) => word is "defaults" or "auto" or "noauto" or "nouser" or "nofail" or "_netdev"
        || word.StartsWith("x-", StringComparison.Ordinal)
        || word.StartsWith("X-", StringComparison.Ordinal)
        || word.StartsWith("comment=", StringComparison.Ordinal);

    /// <summary>
    /// mount(2) takes all options in one comma-separated text, so that one word may hold several of them ("mode=755,size=1m"), and quotes
    /// protect a comma (context="a:b:s0:c1,c2"). fsconfig(2) takes them one by one and needs no quotes: values that are labels or paths
    /// keep their commas even unquoted.
    /// </summary>
    private void AddData(string word)
    {
        _data ??= [];
        for (var rest = word.AsSpan(); rest.Length > 0;)
        {
            int end = EndOfOption(rest);
            if (end > 0)
                _data.Add(ParseData(rest[..end]));
            rest = rest[Math.Min(end + 1, rest.Length)..];
        }
    }

    private static int EndOfOption(ReadOnlySpan<char> text)
    {
        bool quoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '"')
                quoted = !quoted;
            else if (text[i] == ',' && !quoted && !KeepsCommas(text[..i]))
                return i;
        }
        return text.Length;
    }

    private static bool KeepsCommas(ReadOnlySpan<char> option)
    {
        int equals = option.IndexOf('=');
        if (equals < 0 || option[(equals + 1)..] is ['"', ..])
            return false;
        return option[..equals] is "context" or "fscontext" or "defcontext"
            or "rootcontext" or "lowerdir" or "lowerdir+" or "datadir+" or "upperdir" or "workdir";
    }

    private static MountData ParseData(ReadOnlySpan<char> option)
    {
        int equals = option.IndexOf('=');
        if (equals < 0)
            return new MountData(option.ToString(), null);
        var value = option[(equals + 1)..];
        if (value.Length >= 2 && value[0] == '"' && value[^1] == '"')
            value = value[1..^1];
        return new MountData(option[..equals].ToString(), value.ToString());
    }
}
