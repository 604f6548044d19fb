namespace OciRun.Spec;

/// <summary>Words of process.scheduler with their numbers (sched_setattr(2); include/uapi/linux/sched.h).</summary>
public static class SchedulerNames
{
    // By number; 4 is reserved for SCHED_ISO.
    private static readonly string[] s_policies =
        ["SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_ISO", "SCHED_IDLE", "SCHED_DEADLINE"];

    // By bit.
    private static readonly string[] s_flags =
    [
        "SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM", "SCHED_FLAG_DL_OVERRUN", "SCHED_FLAG_KEEP_POLICY", "SCHED_FLAG_KEEP_PARAMS",
        "SCHED_FLAG_UTIL_CLAMP_MIN", "SCHED_FLAG_UTIL_CLAMP_MAX",
    ];

    /// <summary>All policies of the specification.</summary>
    public static IReadOnlyList<string> Policies => s_policies;

    /// <summary>All flags.</summary>
    public static IReadOnlyList<string> Flags => s_flags;

    /// <summary>SCHED_* of a policy that the validator has seen.</summary>
    public static uint Policy(string? name) => (uint)Math.Max(0, Array.IndexOf(s_policies, name));

    /// <summary>SCHED_FLAG_* of flags that the validator has seen.</summary>
    public static ulong FlagBits(string[]? names)
    {
        ulong bits = 0;
        foreach (string name in names ?? [])
            bits |= 1UL << Array.IndexOf(s_flags, name);
        return bits;
    }
}
