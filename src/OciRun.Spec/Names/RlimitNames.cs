namespace OciRun.Spec;

/// <summary>Resource limits by name and number (getrlimit(2); asm-generic/resource.h, which x86-64, arm64 and riscv64 share).</summary>
public static class RlimitNames
{
    private static readonly string[] s_names =
    [
        "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CORE", "RLIMIT_RSS", "RLIMIT_NPROC", "RLIMIT_NOFILE",
        "RLIMIT_MEMLOCK", "RLIMIT_AS", "RLIMIT_LOCKS", "RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO", "RLIMIT_RTTIME",
    ];

    /// <summary>All names, by number.</summary>
    public static IReadOnlyList<string> All => s_names;

    /// <summary>How many limits there are; numbers are below.</summary>
    public static int Count => s_names.Length;

    /// <summary>The name of a limit; null for a number that is none.</summary>
    /// <param name="number">RLIMIT_* value.</param>
    public static string? GetName(int number) => (uint)number < (uint)s_names.Length ? s_names[number] : null;

    /// <summary>The RLIMIT_* value of a name.</summary>
    /// <param name="name">As in <c>RLIMIT_NOFILE</c>.</param>
    /// <param name="number">RLIMIT_* value.</param>
    /// <returns>False for a name that is none.</returns>
    public static bool TryGetNumber(string? name, out int number)
    {
        number = name is null ? -1 : Array.IndexOf(s_names, name);
        return number >= 0;
    }
}
