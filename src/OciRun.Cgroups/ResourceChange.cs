using System.Globalization;
using OciRun.Spec;

namespace OciRun.Cgroups;

/// <summary>A change of limits, as update asks for: what it does not name stays as it is. Device rules cannot be changed (runc and crun leave them alone, too).</summary>
public static class ResourceChange
{
    private const string OomControl = "memory.oom_control";

    /// <summary>The limits after the change. Lists of devices are replaced whole, huge pages, RDMA devices and cgroup v2 files one by one.</summary>
    /// <param name="before">The limits so far; not changed.</param>
    /// <param name="change">What was asked for.</param>
    public static Resources Merge(Resources? before, Resources change) => new()
    {
        Devices = before?.Devices,
        Memory = Merge(before?.Memory, change.Memory),
        Cpu = Merge(before?.Cpu, change.Cpu),
        Pids = change.Pids ?? before?.Pids,
        BlockIO = Merge(before?.BlockIO, change.BlockIO),
        HugepageLimits = Merge(before?.HugepageLimits, change.HugepageLimits),
        Network = change.Network ?? before?.Network,
        Rdma = Merge(before?.Rdma, change.Rdma),
        Unified = Merge(before?.Unified, change.Unified),
    };

    /// <summary>Those of <paramref name="after"/> that differ from <paramref name="before"/>, or belong to a group that <paramref name="change"/> names.</summary>
    internal static List<CgroupWrite> Needed(IReadOnlyList<CgroupWrite> before, Resources change, IReadOnlyList<CgroupWrite> after)
    {
        var needed = new List<CgroupWrite>();
        foreach (var write in after)
        {
            if (Names(change, write.Place[ResourceWrites.Root.Length..]) || !before.Contains(write))
            {
                needed.Add(write);
            }
        }
        return needed;
    }

    /// <summary>What is to be written for a field that has a write only while it is set: the OOM killer of v1, which is switched on again.</summary>
    internal static IEnumerable<CgroupWrite> TakenBack(IReadOnlyList<CgroupWrite> before, IReadOnlyList<CgroupWrite> after)
    {
        foreach (var write in before)
        {
            if (write.File == OomControl && !after.Contains(write))
            {
                yield return write with { Value = "0" };
            }
        }
    }

    /// <summary>The write that brings back what a file said.</summary>
    /// <param name="write">What is about to be written to it.</param>
    /// <param name="text">What it says before.</param>
    internal static CgroupWrite Undo(CgroupWrite write, string text)
    {
        text = text.TrimEnd('\n');
        if (write.File == OomControl)
        {
            // This one file is read as three lines and written as a number.
            text = (CgroupValues.Keyed(text, "oom_kill_disable") ?? 0).ToString(CultureInfo.InvariantCulture);
        }
        else if (NoLimit(write.File) is { } none)
        {
            // The file lists only the devices that have a limit: one that gets its first has to lose it again.
            var lines = new List<string>(text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
            foreach (var line in write.Value.Split('\n'))
            {
                var device = line[..(line.IndexOf(' ', StringComparison.Ordinal) + 1)];
                if (device.Contains(':', StringComparison.Ordinal) && !lines.Exists(other => other.StartsWith(device, StringComparison.Ordinal)))
                {
                    lines.Add(device + none);
                }
            }
            text = string.Join('\n', lines);
        }
        return write with { Value = text, Fallback = null, ByLine = text.Contains('\n') };
    }

    /// <summary>What lifts the limit of a device, in a file that has one for each; null for other files.</summary>
    private static string? NoLimit(string file) => file switch
    {
        "io.max" => "rbps=max wbps=max riops=max wiops=max",
        "io.weight" or "io.bfq.weight" or "blkio.bfq.weight_device" or "blkio.weight_device" or "blkio.leaf_weight_device" => "default",
        _ when file.StartsWith("blkio.throttle.", StringComparison.Ordinal) => "0",
        _ => null,
    };

    private static bool Names(Resources change, string field) => field.Split('/')[0] switch
    {
        "memory" => change.Memory is not null,
        "cpu" => change.Cpu is not null,
        "pids" => change.Pids is not null,
        "blockIO" => change.BlockIO is not null,
        "hugepageLimits" => change.HugepageLimits is not null,
        "network" => change.Network is not null,
        "rdma" => change.Rdma is not null,
        "unified" => change.Unified is not null,
        _ => true,
    };

    private static MemoryResources? Merge(MemoryResources? before, MemoryResources? change) => before is null || change is null ? change ?? before : new()
    {
        Limit = change.Limit ?? before.Limit,
        Reservation = change.Reservation ?? before.Reservation,
        Swap = change.Swap ?? before.Swap,
        Kernel = change.Kernel ?? before.Kernel,
        KernelTCP = change.KernelTCP ?? before.KernelTCP,
        Swappiness = change.Swappiness ?? before.Swappiness,
        DisableOOMKiller = change.DisableOOMKiller ?? before.DisableOOMKiller,
        UseHierarchy = change.UseHierarchy ?? before.UseHierarchy,
        CheckBeforeUpdate = change.CheckBeforeUpdate ?? before.CheckBeforeUpdate,
    };

    private static CpuResources? Merge(CpuResources? before, CpuResources? change) => before is null || change is null ? change ?? before : new()
    {
        Shares = change.Shares ?? before.Shares,
        Quota = change.Quota ?? before.Quota,
        Burst = change.Burst ?? before.Burst,
        Period = change.Period ?? before.Period,
        RealtimeRuntime = change.RealtimeRuntime ?? before.RealtimeRuntime,
        RealtimePeriod = change.RealtimePeriod ?? before.RealtimePeriod,
        Cpus = change.Cpus ?? before.Cpus,
        Mems = change.Mems ?? before.Mems,
        Idle = change.Idle ?? before.Idle,
    };

    private static BlockIoResources? Merge(BlockIoResources? before, BlockIoResources? change) => before is null || change is null ? change ?? before : new()
    {
        Weight = change.Weight ?? before.Weight,
        LeafWeight = change.LeafWeight ?? before.LeafWeight,
        WeightDevice = change.WeightDevice ?? before.WeightDevice,
        ThrottleReadBpsDevice = change.ThrottleReadBpsDevice ?? before.ThrottleReadBpsDevice,
        ThrottleWriteBpsDevice = change.ThrottleWriteBpsDevice ?? before.ThrottleWriteBpsDevice,
        ThrottleReadIOPSDevice = change.ThrottleReadIOPSDevice ?? before.ThrottleReadIOPSDevice,
        ThrottleWriteIOPSDevice = change.ThrottleWriteIOPSDevice ?? before.ThrottleWriteIOPSDevice,
    };

    private static HugepageLimit[]? Merge(HugepageLimit[]? before, HugepageLimit[]? change) => before is null || change is null
        ? change ?? before
        : [.. Array.FindAll(before, old => !Array.Exists(change, limit => limit.PageSize == old.PageSize)), .. change];

    private static Dictionary<string, T>? Merge<T>(Dictionary<string, T>? before, Dictionary<string, T>? change)
    {
        if (before is null || change is null)
        {
            return change ?? before;
        }
        var merged = new Dictionary<string, T>(before, StringComparer.Ordinal);
        foreach (var (key, value) in change)
        {
            merged[key] = value;
        }
        return merged;
    }
}
