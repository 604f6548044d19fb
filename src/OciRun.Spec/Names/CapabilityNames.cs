namespace OciRun.Spec;

/// <summary>Capabilities by name and number (capabilities(7), linux/capability.h).</summary>
public static class CapabilityNames
{
    private static readonly string[] s_names =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
        "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK",
        "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT",
        "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE",
        "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND",
        "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ];

    /// <summary>The highest number that has a name here: CAP_CHECKPOINT_RESTORE of Linux 5.9. A kernel may know more or fewer.</summary>
    public const int Last = 40;

    /// <summary>All names, by number.</summary>
    public static IReadOnlyList<string> All => s_names;

    /// <summary>The name of a capability.</summary>
    /// <param name="number">Bit number.</param>
    /// <returns>As in <c>CAP_CHOWN</c>; null for a number without a name.</returns>
    public static string? GetName(int number) => (uint)number <= Last ? s_names[number] : null;

    /// <summary>The number of a capability.</summary>
    /// <param name="name">Exactly as capabilities(7) spells it, with <c>CAP_</c>.</param>
    /// <param name="number">Bit number.</param>
    /// <returns>False for a name that is not in the table.</returns>
    public static bool TryGetNumber(string? name, out int number)
    {
        if (name is not null && name.StartsWith("CAP_", StringComparison.Ordinal))
        {
            for (number = 0; number <= Last; number++)
            {
                if (s_names[number] == name)
                    return true;
            }
        }
        number = -1;
        return false;
    }

    /// <summary>The bits of a list of names. Unknown names are skipped: the validator has named them (config.md, Linux Process: a warning,
    /// no error).</summary>
    /// <param name="names">Names; null is the empty set.</param>
    public static ulong ToMask(ReadOnlySpan<string> names)
    {
        ulong mask = 0;
        foreach (string? name in names)
        {
            if (TryGetNumber(name, out int number))
                mask |= 1UL << number;
        }
        return mask;
    }
}
