namespace OciRun.Spec.Validation;

/// <summary>Rules of seccomp (config-linux.md, Seccomp).</summary>
internal static class SeccompRules
{
    private const string Clause = "config-linux.md#seccomp";

    /// <summary>SECCOMP_RET_DATA has 16 bits.</summary>
    private const uint DataMaximum = 65535;

    /// <summary>MAX_ERRNO: the kernel cuts a larger one.</summary>
    private const uint ErrnoMaximum = 4095;

    private static readonly string[] s_actions =
    [
        "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_TRAP", "SCMP_ACT_ERRNO", "SCMP_ACT_TRACE", "SCMP_ACT_ALLOW",
        "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY",
    ];

    private static readonly string[] s_architectures =
    [
        "SCMP_ARCH_X86", "SCMP_ARCH_X86_64", "SCMP_ARCH_X32", "SCMP_ARCH_ARM", "SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64",
        "SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64",
        "SCMP_ARCH_PPC64LE", "SCMP_ARCH_S390", "SCMP_ARCH_S390X", "SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64",
        "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K", "SCMP_ARCH_SH", "SCMP_ARCH_SHEB",
    ];

    private static readonly string[] s_flags =
    [
        "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
    ];

    private static readonly string[] s_operators =
        ["SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ"];

    internal static void Apply(FindingCollector findings, Seccomp? seccomp)
    {
        if (seccomp is null)
            return;
        findings.Push("seccomp");
        if (Check.Word(findings, Clause, seccomp.DefaultAction, "defaultAction", s_actions) && seccomp.DefaultAction == "SCMP_ACT_NOTIFY")
        {
            findings.Must(FindingCode.Unsupported, Clause,
                "SCMP_ACT_NOTIFY cannot be the default, as the process could not even be executed before the agent listens: name the system calls", "defaultAction");
        }
        Errno(findings, seccomp.DefaultAction, seccomp.DefaultErrnoRet, "defaultErrnoRet");
        Check.EachWord(findings, Clause, seccomp.Architectures, "architectures", s_architectures);
        Check.EachWord(findings, Clause, seccomp.Flags, "flags", s_flags);
        bool notifies = Rules(findings, seccomp.Syscalls);
        Listener(findings, seccomp, notifies);
        findings.Pop();
    }

    private static void Listener(FindingCollector findings, Seccomp seccomp, bool notifies)
    {
        if (!string.IsNullOrEmpty(seccomp.ListenerPath))
            Check.Path(findings, Clause, seccomp.ListenerPath, "listenerPath");
        else if (notifies)
        {
            findings.Must(FindingCode.SeccompListener, Clause,
                "is missing: SCMP_ACT_NOTIFY needs the path of the agent's UNIX socket", "listenerPath");
        }
        else if (!string.IsNullOrEmpty(seccomp.ListenerMetadata))
            findings.Must(FindingCode.SeccompListener, Clause,
                "must not be set without listenerPath: remove it, or give the path", "listenerMetadata");
    }

    private static bool Rules(FindingCollector findings, SeccompRule[]? rules)
    {
        if (rules is null)
            return false;
        bool notifies = false;
        findings.Push("syscalls");
        for (int i = 0; i < rules.Length; i++)
        {
            if (rules[i] is not { } rule)
                continue;
            findings.Push(i);
            if (rule.Names is not { Length: > 0 })
                findings.Must(FindingCode.Missing, Clause, "is missing or empty: name at least one system call", "names");
            Check.Texts(findings, Clause, rule.Names, "names");
            Check.Word(findings, Clause, rule.Action, "action", s_actions);
            Errno(findings, rule.Action, rule.ErrnoRet, "errnoRet");
            Arguments(findings, rule.Args);
            notifies |= rule.Action == "SCMP_ACT_NOTIFY";
            findings.Pop();
        }
        findings.Pop();
        return notifies;
    }

    private static void Errno(FindingCollector findings, string? action, uint? errno, string member)
    {
        if (errno is null || string.IsNullOrEmpty(action))
            return;
        if (action is not ("SCMP_ACT_ERRNO" or "SCMP_ACT_TRACE"))
        {
            findings.Must(FindingCode.SeccompErrno, Clause,
                $"{Words.Quote(action)} returns no errno: remove {member}, or use SCMP_ACT_ERRNO or SCMP_ACT_TRACE", member);
        }
        else if (errno > (action == "SCMP_ACT_ERRNO" ? ErrnoMaximum : DataMaximum))
        {
            findings.Must(FindingCode.OutOfRange, Clause,
                $"{errno} is out of range: {action} takes 0 to {(action == "SCMP_ACT_ERRNO" ? ErrnoMaximum : DataMaximum)}", member);
        }
    }

    private static void Arguments(FindingCollector findings, SeccompArgument[]? arguments)
    {
        if (arguments is null)
            return;
        findings.Push("args");
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] is not { } argument)
                continue;
            findings.Push(i);
            if (argument.Index > 5)
                findings.Must(FindingCode.OutOfRange, Clause,
                    $"{argument.Index} is out of range: a system call has arguments 0 to 5", "index");
            Check.Word(findings, Clause, argument.Op, "op", s_operators);
            findings.Pop();
        }
        findings.Pop();
    }
}
