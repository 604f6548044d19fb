using OciRun.Cgroups;
using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Spec;

namespace OciRun.Runtime.Planning;

/// <summary>Mounts of type cgroup (S64), and the directory of the notify socket (C55).</summary>
internal sealed partial class MountSteps
{
    private const ulong SafeFlags = MountAttr.NoSuid | MountAttr.NoDev | MountAttr.NoExec;

    /// <summary>Binds the directory with our own notify socket: the host's socket itself is never seen by the container.</summary>
    internal void AddNotify(string directory)
    {
        const string What = "bind the notify socket on /run/notify";
        _plan.Add(new PlanStep(PlanOp.Tree) { S0 = directory, Flags = _byOpener ? StepFlags.TreeByOpener : StepFlags.None, What = What });
        _plan.Add(new PlanStep(PlanOp.TreeAttr) { U0 = SafeFlags, What = What });
        _plan.Add(new PlanStep(PlanOp.Attach) { S0 = "/run/notify", Flags = StepFlags.AttachDir, N0 = 0x1ED, What = What });
    }

    private void AddCgroup(Mount mount, MountOptions options, string destination, string place)
    {
        if (_context.Request.CgroupHost is not { } cgroupHost)
        {
            AddFilesystem(new Mount { Type = "cgroup2", Source = mount.Source, Options = mount.Options }, options, destination, place);
            return;
        }

        bool readOnly = (options.Attributes.Set & MountAttr.ReadOnly) != 0;
        IReadOnlyList<CgroupMount> parts = CgroupMounts.Plan(
            cgroupHost, _context.Request.CgroupPaths, _context.Namespaces.IsOwn(CloneFlags.NewCgroup),
            _context.Namespaces.IsOwn(CloneFlags.NewUser) || !_context.Host.InitialUserNamespace, readOnly, mount.Source).Mounts;
        bool tmpfsRoot = parts[0] is { FileSystem: "tmpfs", ReadOnly: false };
        foreach (CgroupMount planned in parts)
        {
            CgroupMount part = _context.Request.Strict ? planned with { Fallback = null } : planned;
            string target = part.Target.Length == 0 ? destination : destination + "/" + part.Target;
            AddCgroupPart(part, options, target, place, fallback: false);
        }

        if (tmpfsRoot && readOnly)
        {
            // The tmpfs had to be writable for the mount points; now it need not be.
            _plan.Add(new PlanStep(PlanOp.Remount) { S0 = destination, U0 = MountAttr.ReadOnly, Place = place, What = $"make {destination} read-only" });
        }

        AddPropagation(options, place, $"mount cgroup on {destination}");
    }

    private void AddCgroupPart(CgroupMount part, MountOptions options, string target, string place, bool fallback)
    {
        string what = $"mount {(part.FileSystem.Length > 0 ? part.FileSystem : "cgroup")} on {Quoting.Quote(target)}";
        ulong attributes = (part.DefaultFlags ? SafeFlags : options.Attributes.Set & ~MountAttr.ReadOnly) | (part.ReadOnly ? MountAttr.ReadOnly : 0);
        StepFlags flags = fallback ? StepFlags.Fallback : StepFlags.None;
        switch (part.Kind)
        {
            case CgroupMountKind.Symlink:
                _plan.Add(new PlanStep(PlanOp.Symlink) { S0 = part.Source, S1 = target, Place = place, What = what });
                return;
            case CgroupMountKind.Bind:
                _plan.Add(new PlanStep(PlanOp.Tree)
                {
                    S0 = part.Source,
                    Flags = flags | (_byOpener ? StepFlags.TreeByOpener : StepFlags.None),
                    N3 = fallback ? 1u : 0,
                    Place = place,
                    What = what,
                });
                _plan.Add(new PlanStep(PlanOp.TreeAttr) { U0 = attributes | SafeFlags, Place = place, What = what });
                break;
            default:
                AddCgroupFilesystem(part, attributes, flags, place, what);
                break;
        }

        if (!fallback)
        {
            AddAttach(target, StepFlags.AttachDir, place, what);
        }
    }

    private void AddCgroupFilesystem(CgroupMount part, ulong attributes, StepFlags flags, string place, string what)
    {
        string[] data = part.Data.Split(',', StringSplitOptions.RemoveEmptyEntries);
        // A fallback that is not needed is left out as a whole: the source, each option, and the mount.
        uint further = (flags & StepFlags.Fallback) != 0 ? (uint)data.Length + 2 : 0;
        _plan.Add(new PlanStep(PlanOp.FsOpen) { S0 = part.FileSystem, Flags = flags, N3 = further, Place = place, What = what });
        _plan.Add(new PlanStep(PlanOp.FsSet) { S0 = "source", S1 = part.Source, Place = place, What = what });
        foreach (string option in data)
        {
            int equals = option.IndexOf('=', StringComparison.Ordinal);
            _plan.Add(new PlanStep(PlanOp.FsSet)
            {
                S0 = equals < 0 ? option : option[..equals],
                S1 = equals < 0 ? null : option[(equals + 1)..],
                Place = place,
                What = what,
            });
        }

        _plan.Add(new PlanStep(PlanOp.FsMount)
        {
            U0 = attributes,
            Flags = part.Fallback is null ? StepFlags.None : StepFlags.Optional,
            Place = place,
            What = what,
        });
        if (part.Fallback is { } instead)
        {
            AddCgroupPart(instead, MountOptions.Parse([]), "", place, fallback: true);
        }
    }
}
