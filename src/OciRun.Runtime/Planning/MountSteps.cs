using System.Globalization;
using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Spec;

namespace OciRun.Runtime.Planning;

/// <summary>
/// The mounts of config.json as steps: each is built detached, given its attributes, and only then attached to a target that was opened below the root (S43 to S65,
/// X50, X51).
/// </summary>
internal sealed partial class MountSteps
{
    /// <summary>crun's: fscontext, defcontext or rootcontext in place of context.</summary>
    private const string ContextTypeAnnotation = "run.oci.mount_context_type";
    private readonly PlanBuilder _plan;
    private readonly PlanContext _context;
    private readonly bool _byOpener;
    private readonly Action? _beforeAttach;

    /// <param name="plan">Gets the steps.</param>
    /// <param name="context">What they depend on.</param>
    /// <param name="beforeAttach">Steps between making a mount and attaching it.</param>
    internal MountSteps(PlanBuilder plan, PlanContext context, Action? beforeAttach = null)
    {
        _beforeAttach = beforeAttach;
        _plan = plan;
        _context = context;
        _byOpener = ProcessSteps.HasOpener(context.Namespaces, context.Host);
    }

    internal void Add(Mount mount, int index)
    {
        string place = string.Create(CultureInfo.InvariantCulture, $"/mounts/{index}");
        MountOptions options = MountOptions.Parse(mount.Options);
        string destination = Paths.Clean(mount.Destination!);
        RefuseProc(mount, options, destination, place);
        if (options.IsRemount)
        {
            AddRemount(options, destination, place);
        }
        else if (options.IsBind)
        {
            AddBind(Paths.Below(_context.Bundle, mount.Source ?? ""), options, mount, destination, place);
        }
        else if (mount.Type == "cgroup")
        {
            AddCgroup(mount, options, destination, place);
        }
        else if (mount.Type == "sysfs" && !MayMountSysfs)
        {
            // A new sysfs shows the network namespace of its mounter, so the kernel wants that to be ours: the host's, read-only, instead (S65).
            _plan.Fallbacks.Add(place + ": the host's /sys is bound read-only: a new sysfs needs a network namespace of its own");
            AddBind("/sys", MountOptions.Parse(["rbind", "nosuid", "noexec", "nodev", "rro", .. mount.Options ?? []]), mount, destination, place);
        }
        else
        {
            AddFilesystem(mount, options, destination, place);
        }
    }

    private bool MayMountSysfs =>
        _context.Namespaces.IsOwn(CloneFlags.NewNet) || (!_context.Namespaces.IsOwn(CloneFlags.NewUser) && _context.Host.InitialUserNamespace);

    private void AddBind(string source, MountOptions options, Mount mount, string destination, string place)
    {
        string what = $"bind {Quoting.Quote(source)} on {Quoting.Quote(destination)}";
        StepFlags opener = _byOpener ? StepFlags.TreeByOpener : StepFlags.None;
        _plan.Add(new PlanStep(PlanOp.Tree)
        {
            S0 = source,
            Flags = opener | (options.IsRecursiveBind ? StepFlags.TreeRecursive : StepFlags.None) | (options.SourceNoFollow || options.CopySymlink ? StepFlags.TreeNofollow : StepFlags.None),
            Place = place,
            What = what,
        });
        AddIdMap(options, mount, place, what);
        AddAttributes(options, place, what);
        StepFlags attach = (options.DestinationNoFollow ? StepFlags.AttachNofollow : StepFlags.None) | (options.CopySymlink ? StepFlags.AttachCopyLink : StepFlags.None);
        AddAttach(destination, attach, place, what);
        AddPropagation(options, place, what);
    }

    private void AddIdMap(MountOptions options, Mount mount, string place, string what)
    {
        IdMaps? maps = mount.UidMappings is { Length: > 0 } uids ? new IdMaps(uids, mount.GidMappings ?? []) : null;
        if (options.IdMapping is { } text && IdMapText.TryParse(text, out IdMapping[] textUids, out IdMapping[] textGids))
        {
            maps = new IdMaps(textUids, textGids);
        }

        if (maps is null && !options.IsIdMapped)
        {
            return;
        }

        _plan.Add(new PlanStep(PlanOp.TreeAttr)
        {
            // Without a mapping of its own the mount takes that of the container's user namespace (S50).
            Descriptor = maps is null ? -1 : _plan.Descriptor(new PlanDescriptor.MappingNamespace(maps, place)),
            Flags = StepFlags.AttrIdmap | (_byOpener ? StepFlags.TreeByOpener : StepFlags.None) | (options.IsRecursiveIdMapped ? StepFlags.AttrRecursive : StepFlags.None),
            U0 = MountAttr.IdMap,
            Place = place,
            What = what + ", id-mapped",
        });
    }

    private void AddAttributes(MountOptions options, string place, string what)
    {
        if (!options.Attributes.IsEmpty)
        {
            AddAttributes(options.Attributes, StepFlags.None, place, what);
        }

        if (!options.RecursiveAttributes.IsEmpty)
        {
            AddAttributes(options.RecursiveAttributes, StepFlags.AttrRecursive, place, what);
        }
    }

    private void AddAttributes(MountAttributes attributes, StepFlags flags, string place, string what) =>
        _plan.Add(new PlanStep(PlanOp.TreeAttr)
        {
            Flags = flags,
            U0 = attributes.Set,
            U1 = attributes.Clear,
            Place = place,
            What = what + ", attributes",
        });

    private void AddFilesystem(Mount mount, MountOptions options, string destination, string place)
    {
        string type = mount.Type ?? "";
        string what = $"mount {Quoting.Quote(type)} on {Quoting.Quote(destination)}";
        _plan.Add(new PlanStep(PlanOp.FsOpen) { S0 = type, Place = place, What = what });
        if (!string.IsNullOrEmpty(mount.Source))
        {
            _plan.Add(new PlanStep(PlanOp.FsSet) { S0 = "source", S1 = mount.Source, Place = place, What = what });
        }

        bool isDev = IsDev(mount, destination); // read-only in the end: AddReadOnlyDev
        foreach (string word in options.SuperblockWords())
        {
            if (!isDev || word != "ro")
            {
                _plan.Add(new PlanStep(PlanOp.FsSet) { S0 = word, Place = place, What = what });
            }
        }

        bool tmpfsMode = false;
        foreach (MountData data in options.Data)
        {
            tmpfsMode |= data.Key == "mode";
            if (IsUnmappableTtyGroup(type, data))
            {
                _plan.Warnings.Add($"{place}: the option gid={data.Value} is left out: the user namespace does not map that group");
            }
            else
            {
                _plan.Add(new PlanStep(PlanOp.FsSet) { S0 = data.Key, S1 = data.Value, Place = place, What = what });
            }
        }

        AddLabel(type, place, what);
        ulong attributes = options.Attributes.Set | options.RecursiveAttributes.Set;
        _plan.Add(new PlanStep(PlanOp.FsMount) { U0 = isDev ? attributes & ~MountAttr.ReadOnly : attributes, Place = place, What = what });
        if (options.CopyUp)
        {
            _plan.Add(new PlanStep(PlanOp.TreeCopyUp)
            {
                S0 = destination,
                Flags = tmpfsMode ? StepFlags.CopyUpKeepRoot : StepFlags.None,
                Place = place,
                What = what + ", copy what was there",
            });
        }

        // proc and sysfs only on plain directories: a symbolic link would put them, and later the labels written to them, elsewhere (CVE-2019-19921).
        AddAttach(destination, StepFlags.AttachDir | (type is "proc" or "sysfs" ? StepFlags.AttachPlain : StepFlags.None), place, what);
        AddPropagation(options, place, what);
    }

    /// <summary>A read-only /dev, as the pause container of a pod has, becomes so when its devices, its mount points and the console are there (as in runc).</summary>
    internal static void AddReadOnlyDev(PlanBuilder plan, Mount[]? mounts)
    {
        for (int i = 0; i < (mounts?.Length ?? 0); i++)
        {
            string destination = Paths.Clean(mounts![i].Destination!);
            MountOptions options = MountOptions.Parse(mounts[i].Options);
            if (IsDev(mounts[i], destination) && !options.IsBind && !options.IsRemount && ((options.Attributes.Set | options.RecursiveAttributes.Set) & MountAttr.ReadOnly) != 0)
            {
                string place = string.Create(CultureInfo.InvariantCulture, $"/mounts/{i}");
                plan.Add(new PlanStep(PlanOp.Remount) { S0 = destination, U0 = MountAttr.ReadOnly, Place = place, What = "make /dev read-only" });
            }
        }
    }

    private static bool IsDev(Mount mount, string destination) => destination == "/dev" && mount.Type == "tmpfs";

    /// <summary>devpts with gid=5 where that group is not mapped: the option is dropped, as the kernel would refuse it.</summary>
    private bool IsUnmappableTtyGroup(string type, MountData data) =>
        type == "devpts" && data.Key == "gid" && _context.Namespaces.Maps is { } maps && uint.TryParse(data.Value, CultureInfo.InvariantCulture, out uint gid)
        && IdMaps.ToHost(maps.Gids, gid) is null;

    private void AddLabel(string type, string place, string what)
    {
        // proc and sysfs get their labels from the policy; one superblock of mqueue and devpts takes a context only from its first mounter.
        if (_context.Host.SelinuxEnabled && _context.MountLabel is { Length: > 0 } label && type is not ("proc" or "sysfs" or "cgroup2"))
        {
            _plan.Add(new PlanStep(PlanOp.FsSet) { S0 = _context.Config.Annotations?.GetValueOrDefault(ContextTypeAnnotation) ?? "context", S1 = label, Place = place, What = what });
        }
    }

    private void AddAttach(string destination, StepFlags flags, string place, string what)
    {
        _beforeAttach?.Invoke();
        StepFlags onProc = ProcTargets.IsAllowed(destination) ? StepFlags.AttachOnProc : StepFlags.None;
        _plan.Add(new PlanStep(PlanOp.Attach) { S0 = destination, Flags = flags | onProc, N0 = 0x1ED, Place = place, What = what });
    }

    private void AddPropagation(MountOptions options, string place, string what)
    {
        foreach (ulong propagation in options.Propagation)
        {
            _plan.Add(new PlanStep(PlanOp.AttachedAttr)
            {
                N0 = (uint)(propagation & ~MountFlag.Rec),
                Flags = (propagation & MountFlag.Rec) != 0 ? StepFlags.AttrRecursive : StepFlags.None,
                Place = place,
                What = what + ", propagation",
            });
        }
    }

    private void AddRemount(MountOptions options, string destination, string place)
    {
        string what = $"remount {Quoting.Quote(destination)}";
        var super = new List<string>();
        if (!options.IsBind)
        {
            foreach (string word in options.SuperblockWords())
            {
                super.Add(word);
                super.Add("\u0001");
            }

            foreach (MountData data in options.Data)
            {
                super.Add(data.Key);
                super.Add(data.Value ?? "\u0001");
            }
        }

        _plan.Add(new PlanStep(PlanOp.Remount)
        {
            S0 = destination,
            S1 = super.Count > 0 ? super.ToArray() : null,
            Flags = super.Count > 0 ? StepFlags.RemountSuper : StepFlags.None,
            U0 = options.Attributes.Set | options.RecursiveAttributes.Set,
            U1 = options.Attributes.Clear | options.RecursiveAttributes.Clear,
            Place = place,
            What = what,
        });
        AddPropagation(options, place, what);
    }

    /// <summary>Nothing but procfs itself, and a few files below it, may cover /proc: labels and kernel parameters are written there (CVE-2019-16884).</summary>
    private static void RefuseProc(Mount mount, MountOptions options, string destination, string place)
    {
        bool isProc = mount.Type == "proc" && !options.IsBind;
        bool below = destination.StartsWith("/proc/", StringComparison.Ordinal);
        if ((destination == "/proc" && !isProc && !options.IsRemount && !IsHostProc(mount, options)) || (below && !isProc && !ProcTargets.IsAllowed(destination)))
        {
            throw new ContainerException(
                ErrorCode.Mount, $"{place}: {Quoting.Quote(destination)} cannot be mounted: it is inside /proc; allowed there are {ProcTargets.Allowed}")
            { Place = place };
        }
    }

    /// <summary>The host's own procfs bound as a whole, as engines do for --pid=host in a user namespace; what it is is checked by the stage.</summary>
    private static bool IsHostProc(Mount mount, MountOptions options) => options.IsBind && Paths.Clean(mount.Source ?? "") == "/proc";
}
