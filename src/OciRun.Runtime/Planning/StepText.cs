using System.Buffers.Binary;
using System.Globalization;
using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Spec;

namespace OciRun.Runtime.Planning;

/// <summary>Steps of a plan in words: their operands are read back, as the stage reads them.</summary>
internal static class StepText
{
    private static readonly (ulong Bit, string Word)[] s_attributes =
    [
        (MountAttr.ReadOnly, "ro"), (MountAttr.NoSuid, "nosuid"), (MountAttr.NoDev, "nodev"), (MountAttr.NoExec, "noexec"), (MountAttr.NoAtime, "noatime"),
        (MountAttr.StrictAtime, "strictatime"), (MountAttr.NoDirAtime, "nodiratime"), (MountAttr.NoSymFollow, "nosymfollow"), (MountAttr.IdMap, "idmap"),
    ];

    private static readonly (ulong Bit, string Word)[] s_propagation =
        [(MountFlag.Shared, "shared"), (MountFlag.Slave, "slave"), (MountFlag.Private, "private"), (MountFlag.Unbindable, "unbindable")];

    private static readonly (ulong Bit, string Word)[] s_namespaces =
    [
        ((ulong)CloneFlags.NewUser, "user"), ((ulong)CloneFlags.NewNamespace, "mount"), ((ulong)CloneFlags.NewPid, "pid"), ((ulong)CloneFlags.NewNet, "network"),
        ((ulong)CloneFlags.NewIpc, "ipc"), ((ulong)CloneFlags.NewUts, "uts"), ((ulong)CloneFlags.NewCgroup, "cgroup"), ((ulong)CloneFlags.NewTime, "time"),
    ];

    /// <summary>What a step belongs to: what builds one mount is one line.</summary>
    internal static string SubjectOf(PlanStep step)
    {
        string what = step.What ?? step.Op switch
        {
            PlanOp.AwaitGo => "wait until the runtime has put the process into its cgroups",
            PlanOp.ParentDeath => "end when the runtime does",
            PlanOp.SetSid => "begin a session",
            PlanOp.Born => "tell the runtime the pid of the init",
            PlanOp.Sync => "wait for the runtime: limits, device rules, hooks",
            PlanOp.Env => "take the environment",
            PlanOp.Umask => "set the umask",
            PlanOp.Ready => "tell the runtime that the container is created",
            PlanOp.Pause => "wait for ever: there is no program",
            _ => step.Op.ToString(),
        };
        int comma = step.Op is >= PlanOp.FsOpen and <= PlanOp.AttachedAttr ? what.LastIndexOf("\", ", StringComparison.Ordinal) : -1;
        return comma < 0 ? what : what[..(comma + 1)];
    }

    /// <summary>Its operands, as far as the subject does not name them.</summary>
    internal static string DetailOf(PlanStep step)
    {
        string detail = step.Op switch
        {
            PlanOp.ParentDeath => $"signal {step.N0}",
            PlanOp.SetNamespace or PlanOp.Unshare => Namespaces(step.U0),
            PlanOp.Become => $"uid {step.N0}, gid {step.N1}",
            PlanOp.TimeOffsets => ((string)step.S0!).TrimEnd().Replace("\n", ", ", StringComparison.Ordinal),
            PlanOp.Propagation => Propagation(step.U0),
            PlanOp.Rootfs => Propagation(step.U0) + ((step.Flags & StepFlags.TreeByOpener) != 0 ? " opened with the host's credentials" : ""),
            PlanOp.FsSet => step.S1 is null ? $"{step.S0}" : $"{step.S0}={step.S1}",
            PlanOp.FsMount => Attributes(step.U0),
            PlanOp.Tree => Tree(step),
            PlanOp.TreeAttr or PlanOp.AttachedAttr or PlanOp.RootAttr or PlanOp.Remount => Changes(step),
            PlanOp.Attach => Attach(step.Flags),
            PlanOp.MakeNode => Node(step),
            PlanOp.MakeDirectory => step.S0 + " mode " + Octal(step.N0),
            PlanOp.Symlink or PlanOp.ProcWrite => step.Op == PlanOp.Symlink ? "to " + step.S0 : $"{step.S0} = {step.S1}",
            PlanOp.Console => (step.N0 > 0 ? $"{step.N1} by {step.N0}" : "") + ((step.Flags & StepFlags.ConsoleBind) != 0 ? " also as /dev/console" : ""),
            PlanOp.Pivot => (step.Flags & StepFlags.PivotChroot) != 0 ? "chroot" : (step.Flags & StepFlags.PivotMove) != 0 ? "MS_MOVE, chroot" : "pivot_root",
            PlanOp.Hostname or PlanOp.Domainname or PlanOp.Keyring => (string?)step.S0 ?? "",
            PlanOp.Scheduler => Scheduler((byte[])step.S0!),
            PlanOp.MemoryPolicy => step.N1 == 0 ? "no nodes" : "nodes " + Bits((byte[])step.S0!),
            PlanOp.Personality => step.U0 == 8 ? "LINUX32" : "LINUX",
            PlanOp.ResourceLimit => Limit(step.U0) + ":" + Limit(step.U1),
            PlanOp.Umask => Octal(step.N0),
            PlanOp.StdioOwner => $"uid {step.N0}, gid {step.N1}",
            PlanOp.Credentials => Credentials((byte[])step.S0!),
            PlanOp.Seccomp => $"{step.N0} instructions, flags 0x{step.U0:x}" + ((step.Flags & StepFlags.SeccompNotify) != 0 ? ", its listener goes to the agent" : ""),
            PlanOp.Env => string.Join(' ', (string[])step.S0!),
            PlanOp.Hook => string.Join(' ', (string[])step.S1!) + (step.N0 > 0 ? $", at most {step.N0} s" : ""),
            PlanOp.Exec => string.Join(' ', (string[])step.S0!),
            _ => "",
        };
        return (detail + (step.Flags & (StepFlags.SkipMissing | StepFlags.Optional | StepFlags.Fallback)) switch
        {
            StepFlags.SkipMissing => " (where it exists)",
            StepFlags.Optional => " (where possible)",
            StepFlags.Fallback => " (else)",
            _ => "",
        }).TrimStart();
    }

    /// <summary>Names of CLONE_NEW* flags.</summary>
    internal static string Namespaces(ulong flags) => Words(flags, s_namespaces);

    private static string Attributes(ulong bits) => bits == 0 ? "" : Words(bits, s_attributes);

    private static string Propagation(ulong flags) => ((flags & MountFlag.Rec) != 0 ? "r" : "") + Words(flags & ~MountFlag.Rec, s_propagation);

    private static string Changes(PlanStep step)
    {
        string text = Attributes(step.U0);
        // The bits of access time are one number, cleared as a whole to be set anew.
        if ((step.U1 & ~MountAttr.AtimeMask) is var clear and not 0)
        {
            text += " without " + Attributes(clear);
        }

        text += " " + Words(step.N0, s_propagation);
        return text.Trim() + ((step.Flags & StepFlags.AttrRecursive) != 0 ? " recursively" : "");
    }

    private static string Tree(PlanStep step) =>
        ((step.Flags & StepFlags.TreeRecursive) != 0 ? "with what is mounted below" : "")
        + ((step.Flags & StepFlags.TreeNofollow) != 0 ? " a link is not followed" : "")
        + ((step.Flags & StepFlags.TreeByOpener) != 0 ? " opened with the host's credentials" : "");

    private static string Attach(StepFlags flags) =>
        ((flags & StepFlags.AttachPlain) != 0 ? "no link on the way" : "")
        + ((flags & StepFlags.AttachNofollow) != 0 ? " onto a link itself" : "")
        + ((flags & StepFlags.AttachCopyLink) != 0 ? " a link is made again" : "");

    private static string Node(PlanStep step) => $"mode {Octal(step.N0 & 0xFFF)} uid {step.N1} gid {step.N2}";

    private static string Scheduler(byte[] attributes) => string.Create(CultureInfo.InvariantCulture,
        $"nice {BinaryPrimitives.ReadInt32LittleEndian(attributes.AsSpan(16))}, priority {BinaryPrimitives.ReadUInt32LittleEndian(attributes.AsSpan(20))}, flags 0x{attributes[8]:x}");

    private static string Credentials(byte[] data)
    {
        uint groups = BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(12));
        string text = $"uid {BinaryPrimitives.ReadUInt32LittleEndian(data)}, gid {BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(4))}, "
            + (groups == uint.MaxValue ? "the caller's groups" : groups == 0 ? "no further groups" : "groups");
        for (int i = 0; groups != uint.MaxValue && i < groups; i++)
        {
            text += string.Create(CultureInfo.InvariantCulture, $" {BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(SecuritySteps.CredentialsSize + (i * 4)))}");
        }

        int at = 16;
        foreach (string set in (string[])["bounding", "effective", "permitted", "inheritable", "ambient"])
        {
            text += $"; {set} {Capabilities(BinaryPrimitives.ReadUInt64LittleEndian(data.AsSpan(at)))}";
            at += 8;
        }

        return text;
    }

    private static string Capabilities(ulong bits)
    {
        var names = new List<string>();
        for (int i = 0; i < CapabilityNames.All.Count; i++)
        {
            if ((bits >> i & 1) != 0)
            {
                names.Add(CapabilityNames.All[i]);
            }
        }

        return names.Count == 0 ? "none" : names.Count == CapabilityNames.All.Count ? "all" : string.Join(' ', names);
    }

    private static string Bits(byte[] mask)
    {
        var numbers = new List<string>();
        for (int i = 0; i < mask.Length * 8; i++)
        {
            if ((mask[i / 8] >> (i % 8) & 1) != 0)
            {
                numbers.Add(i.ToString(CultureInfo.InvariantCulture));
            }
        }

        return string.Join(',', numbers);
    }

    private static string Limit(ulong value) => value == ulong.MaxValue ? "unlimited" : value.ToString(CultureInfo.InvariantCulture);

    private static string Octal(uint mode) => "0" + Convert.ToString(mode, 8);

    private static string Words(ulong bits, (ulong Bit, string Word)[] table)
    {
        string text = "";
        foreach ((ulong bit, string word) in table)
        {
            if ((bits & bit) != 0)
            {
                text += (text.Length > 0 ? "," : "") + word;
            }
        }

        return text;
    }
}
