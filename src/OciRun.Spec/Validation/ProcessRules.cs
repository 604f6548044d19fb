namespace OciRun.Spec.Validation;

/// <summary>Rules of process (config.md, Process); also of a process document that exec is given.</summary>
internal static class ProcessRules
{
    private const string Clause = "config.md#process";
    private const string LinuxClause = "config.md#linux-process";
    private const string UserClause = "config.md#posix-platform-user";

    /// <summary>NGROUPS_MAX.</summary>
    private const int GroupsMaximum = 65536;

    private static readonly string[] s_ioClasses = ["IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"];

    internal static void Apply(FindingCollector findings, Process process, in Scope scope, bool keepsGroups)
    {
        if (Check.Present(findings, Clause, process.Cwd, "cwd", "the absolute path of the working directory in the container"))
            Check.AbsolutePath(findings, Clause, process.Cwd, "cwd");
        if (process.Args is not { Length: > 0 })
            findings.Must(FindingCode.Missing, Clause, "is missing or empty: give the program and its arguments", "args");
        Check.Texts(findings, Clause, process.Args, "args");
        Check.Environment(findings, Clause, process.Env, "env");
        Terminal(findings, process);
        if (process.User is not null)
            User(findings, process.User, scope, keepsGroups);
        CapabilityRules.Apply(findings, process.Capabilities);
        Rlimits(findings, process.Rlimits);
        if (process.OomScoreAdj is < -1000 or > 1000)
            findings.Must(FindingCode.OutOfRange, LinuxClause,
                $"{process.OomScoreAdj} is out of range: expected -1000 to 1000", "oomScoreAdj");
        SchedulerRules.Apply(findings, process.Scheduler);
        IoPriority(findings, process.IoPriority);
        Check.Line(findings, LinuxClause, process.SelinuxLabel, "selinuxLabel");
        Check.Line(findings, LinuxClause, process.ApparmorProfile, "apparmorProfile");
        if (process.ExecCPUAffinity is { } affinity)
        {
            findings.Push("execCPUAffinity");
            Check.NumberList(findings, LinuxClause, affinity.Initial, "initial");
            Check.NumberList(findings, LinuxClause, affinity.Final, "final");
            findings.Pop();
        }
    }

    private static void Terminal(FindingCollector findings, Process process)
    {
        // Without a terminal the size MUST be ignored, whatever it is.
        if (process.Terminal && process.ConsoleSize is { } size && (size.Height > ushort.MaxValue || size.Width > ushort.MaxValue))
        {
            findings.Must(FindingCode.OutOfRange, Clause,
                $"{size.Height} by {size.Width} is no size of a terminal: height and width are at most 65535",
                "consoleSize");
        }
    }

    private static void User(FindingCollector findings, User user, in Scope scope, bool keepsGroups)
    {
        findings.Push("user");
        Id(findings, UserClause, user.Uid, scope.UidMappings, "user", "uid");
        Id(findings, UserClause, user.Gid, scope.GidMappings, "group", "gid");
        if (user.Umask > 0x1FF)
            findings.Must(FindingCode.OutOfRange, UserClause,
                $"{user.Umask} is no umask: expected 0 to 511 (octal 0777; JSON numbers are decimal)", "umask");
        if (user.AdditionalGids is { } gids && !keepsGroups)
        {
            if (gids.Length > GroupsMaximum)
                findings.Must(FindingCode.OutOfRange, UserClause,
                    $"lists {gids.Length} groups: the kernel takes at most {GroupsMaximum}", "additionalGids");
            findings.Push("additionalGids");
            for (int i = 0; i < gids.Length && !findings.IsFull; i++)
            {
                findings.Push(i);
                Id(findings, UserClause, gids[i], scope.GidMappings, "group", null);
                findings.Pop();
            }
            findings.Pop();
        }
        findings.Pop();
    }

    /// <summary>An id that the kernel takes, and that the user namespace has.</summary>
    internal static void Id(FindingCollector findings, string clause, uint id, IdMapping[]? mappings, string kind, string? member)
    {
        if (id == IdMappings.Invalid)
            findings.Must(FindingCode.OutOfRange, clause, $"{id} means \"no {kind}\" to the kernel: expected 0 to {IdMappings.Invalid - 1}", member);
        else if (mappings is { Length: > 0 } && !Array.Exists(mappings, static mapping => mapping is null) && !IdMappings.TryToHost(mappings, id, out _))
        {
            findings.Must(FindingCode.IdUnmapped, clause,
                $"{kind} id {id} has no mapping in the container's user namespace: add one to linux.{(kind == "user" ? "uid" : "gid")}Mappings", member);
        }
    }

    private static void Rlimits(FindingCollector findings, Rlimit[]? rlimits)
    {
        const string RlimitClause = "config.md#posix-process";
        if (rlimits is null)
            return;
        int seen = 0;
        findings.Push("rlimits");
        for (int i = 0; i < rlimits.Length; i++)
        {
            if (rlimits[i] is not { } rlimit)
                continue;
            findings.Push(i);
            if (Check.Word(findings, RlimitClause, rlimit.Type, "type", RlimitNames.All))
            {
                RlimitNames.TryGetNumber(rlimit.Type, out int number);
                if ((seen & 1 << number) != 0)
                    findings.Must(FindingCode.Duplicate, RlimitClause, $"{rlimit.Type} is limited twice: remove one entry", "type");
                seen |= 1 << number;
            }
            if (rlimit.Soft > rlimit.Hard)
                findings.Must(FindingCode.Conflict, RlimitClause,
                    $"the soft limit {rlimit.Soft} is above the hard limit {rlimit.Hard}: lower it", "soft");
            findings.Pop();
        }
        findings.Pop();
    }

    private static void IoPriority(FindingCollector findings, IoPriority? priority)
    {
        if (priority is null)
            return;
        findings.Push("ioPriority");
        Check.Word(findings, LinuxClause, priority.Class, "class", s_ioClasses);
        if (priority.Priority is < 0 or > 7)
            findings.Must(FindingCode.OutOfRange, LinuxClause,
                $"{priority.Priority} is out of range: expected 0 (highest) to 7", "priority");
        findings.Pop();
    }
}
