using System.Globalization;
using OciRun.Linux;

namespace OciRun.Cgroups;

/// <summary>Statistics of the hierarchies of v1 (Documentation/admin-guide/cgroup-v1).</summary>
internal static class V1Statistics
{
    // USER_HZ is 100 on all architectures that .NET runs on.
    private const ulong NanosecondsPerTick = 10_000_000;

    /// <param name="directoryOf">The container's directory of a controller; null: not there.</param>
    internal static CgroupStatistics Read(Func<string, SafeFd?> directoryOf)
    {
        var statistics = new CgroupStatistics();
        ReadCpu(directoryOf("cpuacct"), directoryOf("cpu"), statistics);
        ReadMemory(directoryOf("memory"), statistics);
        if (directoryOf("pids") is { } pids)
        {
            statistics.ReadPids(pids);
        }
        if (directoryOf("blkio") is { } blkio)
        {
            statistics.IoBytes = ReadIo(blkio, "blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_service_bytes");
            statistics.IoOperations = ReadIo(blkio, "blkio.throttle.io_serviced_recursive", "blkio.throttle.io_serviced");
        }
        if (directoryOf("hugetlb") is { } hugetlb)
        {
            statistics.HugePages = ReadHugePages(hugetlb);
        }
        return statistics;
    }

    private static void ReadCpu(SafeFd? accounting, SafeFd? cpu, CgroupStatistics to)
    {
        if (accounting is not null)
        {
            to.CpuTotal = CgroupValues.Unsigned(accounting, "cpuacct.usage");
            to.CpuByProcessor = CgroupFiles.TryRead(accounting, "cpuacct.usage_percpu", out var each) == Errno.None
                ? Array.ConvertAll(each.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), word => ulong.Parse(word, CultureInfo.InvariantCulture))
                : [];
            var stat = CgroupValues.Table(accounting, "cpuacct.stat");
            to.CpuUser = stat.GetValueOrDefault("user") * NanosecondsPerTick;
            to.CpuKernel = stat.GetValueOrDefault("system") * NanosecondsPerTick;
        }
        if (cpu is not null)
        {
            var stat = CgroupValues.Table(cpu, "cpu.stat");
            to.Periods = stat.GetValueOrDefault("nr_periods");
            to.ThrottledPeriods = stat.GetValueOrDefault("nr_throttled");
            to.ThrottledTime = stat.GetValueOrDefault("throttled_time");
        }
    }

    private static void ReadMemory(SafeFd? memory, CgroupStatistics to)
    {
        if (memory is null)
        {
            return;
        }
        to.MemoryDetails = CgroupValues.Table(memory, "memory.stat");
        to.Memory = Use(memory, "memory");
        to.Swap = Use(memory, "memory.memsw");
        to.Kernel = Use(memory, "memory.kmem");
        to.KernelTcp = Use(memory, "memory.kmem.tcp");
    }

    /// <summary>Lines <c>8:0 Read 12</c>; the last, <c>Total 12</c>, is no device's.</summary>
    private static List<BlockIoCount> ReadIo(SafeFd directory, string file, string older)
    {
        var counts = new List<BlockIoCount>();
        if (CgroupFiles.TryRead(directory, file, out var text) != Errno.None && CgroupFiles.TryRead(directory, older, out text) != Errno.None)
        {
            return counts;
        }
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split(' ') is [var device, var operation, var value] && CgroupValues.TryDevice(device, out var major, out var minor)
                && ulong.TryParse(value, CultureInfo.InvariantCulture, out var count))
            {
                counts.Add(new BlockIoCount(major, minor, operation, count));
            }
        }
        return counts;
    }

    private static Dictionary<string, MemoryUse> ReadHugePages(SafeFd directory)
    {
        var pages = new Dictionary<string, MemoryUse>();
        foreach (var size in CgroupValues.HugePageSizes(directory, ".usage_in_bytes"))
        {
            if (Use(directory, "hugetlb." + size) is { } use)
            {
                pages[size] = use;
            }
        }
        return pages;
    }

    private static MemoryUse? Use(SafeFd directory, string prefix) => CgroupValues.Unsigned(directory, prefix + ".usage_in_bytes") is not { } usage ? null : new MemoryUse(
        CgroupValues.Unsigned(directory, prefix + ".limit_in_bytes") ?? ulong.MaxValue,
        usage,
        CgroupValues.Unsigned(directory, prefix + ".max_usage_in_bytes") ?? 0,
        CgroupValues.Unsigned(directory, prefix + ".failcnt") ?? 0);
}
