namespace OciRun.Spec;

/// <summary>Words of linux.memoryPolicy with their numbers (set_mempolicy(2); include/uapi/linux/mempolicy.h).</summary>
public static class MemoryPolicyNames
{
    private const int FirstFlagBit = 13;

    // By number.
    private static readonly string[] s_modes =
        ["MPOL_DEFAULT", "MPOL_PREFERRED", "MPOL_BIND", "MPOL_INTERLEAVE", "MPOL_LOCAL", "MPOL_PREFERRED_MANY", "MPOL_WEIGHTED_INTERLEAVE"];

    // By bit, from FirstFlagBit.
    private static readonly string[] s_flags = ["MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES", "MPOL_F_STATIC_NODES"];

    /// <summary>All modes.</summary>
    public static IReadOnlyList<string> Modes => s_modes;

    /// <summary>All flags.</summary>
    public static IReadOnlyList<string> Flags => s_flags;

    /// <summary>The first argument of set_mempolicy(2), of words that the validator has seen.</summary>
    public static uint ModeAndFlags(MemoryPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        uint value = (uint)Math.Max(0, Array.IndexOf(s_modes, policy.Mode));
        foreach (string name in policy.Flags ?? [])
            value |= 1u << (FirstFlagBit + Array.IndexOf(s_flags, name));
        return value;
    }
}
