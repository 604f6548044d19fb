using System.Diagnostics.CodeAnalysis;
using OciRun.Linux;

namespace OciRun.Runtime.Security;

/// <summary>The words of linux.seccomp and what they stand for in seccomp.h and linux/seccomp.h.</summary>
public static class SeccompWords
{
    internal const uint Kill = 0x00000000, Trap = 0x00030000, Error = 0x00050000, Notify = 0x7fc00000, Trace = 0x7ff00000, Log = 0x7ffc0000,
        Allow = 0x7fff0000, KillProcess = 0x80000000;

    /// <summary>The bits of an action that say which it is; the others are its data (an errno).</summary>
    internal const uint ActionMask = 0xffff0000;

    /// <summary>SECCOMP_RET_DATA.</summary>
    internal const uint DataMask = 0xffff;

    internal const uint FlagTsync = 1, FlagLog = 2, FlagSpecAllow = 4, FlagNewListener = 8, FlagTsyncEsrch = 16, FlagWaitKillable = 32;

    private const string ArchitecturePrefix = "SCMP_ARCH_";

    /// <summary>The actions that a rule, and defaultAction, may have.</summary>
    public static IReadOnlyList<string> Actions { get; } =
    [
        "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY",
        "SCMP_ACT_TRACE", "SCMP_ACT_TRAP",
    ];

    /// <summary>The operators of a condition.</summary>
    public static IReadOnlyList<string> Operators { get; } =
        ["SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE"];

    /// <summary>The architectures of the specification (those of libseccomp 2.6); an older libseccomp knows fewer.</summary>
    public static IReadOnlyList<string> Architectures { get; } =
    [
        "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM", "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K", "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64", "SCMP_ARCH_MIPS64N32",
        "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64", "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64",
        "SCMP_ARCH_PPC64LE", "SCMP_ARCH_RISCV64", "SCMP_ARCH_S390", "SCMP_ARCH_S390X", "SCMP_ARCH_SH", "SCMP_ARCH_SHEB", "SCMP_ARCH_X32", "SCMP_ARCH_X86",
        "SCMP_ARCH_X86_64",
    ];

    /// <summary>Of them, those that our libseccomp knows.</summary>
    public static IReadOnlyList<string> SupportedArchitectures() =>
        [.. Architectures.Where(static word => Libseccomp.ResolveArchitecture(word[ArchitecturePrefix.Length..].ToLowerInvariant()) != 0)];

    /// <summary>Of <see cref="Flags"/>, those that this kernel takes; none where it has no system call filters.</summary>
    public static IReadOnlyList<string> SupportedFlags()
    {
        try
        {
            return [.. Flags.Where(IsFlagSupported)];
        }
        catch (LinuxException)
        {
            return [];
        }
    }

    /// <summary>The flags of the specification.</summary>
    public static IReadOnlyList<string> Flags { get; } =
    [
        "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
    ];

    /// <summary>Whether this kernel takes the flag.</summary>
    /// <exception cref="LinuxException">The kernel has no system call filters.</exception>
    internal static bool IsFlagSupported(string flag) => TryParseFlag(flag, out uint bit) && SeccompKernel.SupportsFlags(WithCompanions(bit));

    /// <summary>SECCOMP_RET_* of an action, its data zero.</summary>
    internal static bool TryParseAction(string word, out uint action)
    {
        (bool known, action) = word switch
        {
            "SCMP_ACT_ALLOW" => (true, Allow),
            "SCMP_ACT_ERRNO" => (true, Error),
            "SCMP_ACT_KILL" or "SCMP_ACT_KILL_THREAD" => (true, Kill),
            "SCMP_ACT_KILL_PROCESS" => (true, KillProcess),
            "SCMP_ACT_LOG" => (true, Log),
            "SCMP_ACT_NOTIFY" => (true, Notify),
            "SCMP_ACT_TRACE" => (true, Trace),
            "SCMP_ACT_TRAP" => (true, Trap),
            _ => (false, 0u),
        };
        return known;
    }

    internal static bool TryParseOperator(string word, out SeccompOperator comparison)
    {
        comparison = word switch
        {
            "SCMP_CMP_NE" => SeccompOperator.NotEqual,
            "SCMP_CMP_LT" => SeccompOperator.Less,
            "SCMP_CMP_LE" => SeccompOperator.LessOrEqual,
            "SCMP_CMP_EQ" => SeccompOperator.Equal,
            "SCMP_CMP_GE" => SeccompOperator.GreaterOrEqual,
            "SCMP_CMP_GT" => SeccompOperator.Greater,
            "SCMP_CMP_MASKED_EQ" => SeccompOperator.MaskedEqual,
            _ => 0,
        };
        return comparison != 0;
    }

    internal static bool TryParseFlag(string word, out uint flag)
    {
        flag = word switch
        {
            "SECCOMP_FILTER_FLAG_TSYNC" => FlagTsync,
            "SECCOMP_FILTER_FLAG_LOG" => FlagLog,
            "SECCOMP_FILTER_FLAG_SPEC_ALLOW" => FlagSpecAllow,
            "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" => FlagWaitKillable,
            _ => 0,
        };
        return flag != 0;
    }

    /// <summary>libseccomp's name of an architecture: SCMP_ARCH_X86_64 is "x86_64".</summary>
    internal static bool TryParseArchitecture(string word, [NotNullWhen(true)] out string? name)
    {
        name = null;
        foreach (string known in Architectures)
        {
            if (known == word)
                name = word[ArchitecturePrefix.Length..].ToLowerInvariant();
        }
        return name is not null;
    }

    /// <summary>An action as its word, for messages.</summary>
    internal static string Describe(uint action) => (action & ActionMask) switch
    {
        Allow => "SCMP_ACT_ALLOW",
        Error => "SCMP_ACT_ERRNO",
        KillProcess => "SCMP_ACT_KILL_PROCESS",
        Log => "SCMP_ACT_LOG",
        Notify => "SCMP_ACT_NOTIFY",
        Trace => "SCMP_ACT_TRACE",
        Trap => "SCMP_ACT_TRAP",
        _ => "SCMP_ACT_KILL",
    };

    /// <summary>An action with its errno: <c>SCMP_ACT_ERRNO (EPERM)</c>.</summary>
    internal static string DescribeFully(uint action) => Describe(action) + ((action & ActionMask) switch
    {
        Error => $" ({ErrnoName(action)})",
        Trace => $" ({action & DataMask})",
        _ => "",
    });

    /// <summary>The name of an action's errno, or its number where it has none; 0 is success.</summary>
    internal static string ErrnoName(uint action) => (action & DataMask) == 0 ? "0" : ((Errno)(action & DataMask)).ToString();

    // WAIT_KILLABLE_RECV without a listener is EINVAL even on a kernel that has it.
    private static uint WithCompanions(uint flag) => flag == FlagWaitKillable ? flag | FlagNewListener : flag;
}
