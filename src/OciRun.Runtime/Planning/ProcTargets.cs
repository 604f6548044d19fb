namespace OciRun.Runtime.Planning;

/// <summary>Files below /proc that may be covered by a mount: what lxcfs replaces, and the few that engines set.</summary>
internal static class ProcTargets
{
    private static readonly string[] s_allowed =
    [
        "/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo", "/proc/stat", "/proc/swaps", "/proc/uptime", "/proc/loadavg", "/proc/slabinfo",
        "/proc/sys/kernel/ns_last_pid", "/proc/sys/crypto/fips_enabled",
    ];

    internal static string Allowed => string.Join(", ", s_allowed);

    internal static bool IsAllowed(string destination) => Array.IndexOf(s_allowed, destination) >= 0;
}
