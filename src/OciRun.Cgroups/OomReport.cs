using System.Globalization;

namespace OciRun.Cgroups;

/// <summary>What the memory controller says about the death of a container.</summary>
/// <param name="Kills">Processes that the OOM killer ended in this cgroup.</param>
/// <param name="Limit">Bytes; null: unlimited or unknown.</param>
/// <param name="Peak">Highest use in bytes; null where the kernel does not tell (v2 before 5.19).</param>
public sealed record OomReport(long Kills, long? Limit, long? Peak)
{
    /// <summary>For an error message: <c>killed for memory: limit 4096 bytes, peak 4096 bytes</c>.</summary>
    public override string ToString() =>
        "killed for memory: limit " + Bytes(Limit, "none") + ", peak " + Bytes(Peak, "unknown");

    private static string Bytes(long? bytes, string none) => bytes is null ? none : string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes");
}
