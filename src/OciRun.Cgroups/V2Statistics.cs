using System.Globalization;
using OciRun.Linux;

namespace OciRun.Cgroups;

/// <summary>Statistics of the unified hierarchy (Documentation/admin-guide/cgroup-v2.rst).</summary>
internal static class V2Statistics
{
    private static readonly string[] s_pressures = ["cpu", "memory", "io"];

    internal static CgroupStatistics Read(SafeFd directory)
    {
        var statistics = new CgroupStatistics();
        ReadCpu(directory, statistics);
        ReadMemory(directory, statistics);
        statistics.ReadPids(directory);
        ReadIo(directory, statistics);
        statistics.HugePages = ReadHugePages(directory);
        statistics.Pressure = ReadPressure(directory);
        return statistics;
    }

    private static void ReadCpu(SafeFd directory, CgroupStatistics to)
    {
        var stat = CgroupValues.Table(directory, "cpu.stat");
        to.CpuTotal = Nanoseconds(stat, "usage_usec");
        to.CpuUser = Nanoseconds(stat, "user_usec");
        to.CpuKernel = Nanoseconds(stat, "system_usec");
        to.Periods = Find(stat, "nr_periods");
        to.ThrottledPeriods = Find(stat, "nr_throttled");
        to.ThrottledTime = Nanoseconds(stat, "throttled_usec");
    }

    private static void ReadMemory(SafeFd directory, CgroupStatistics to)
    {
        var details = CgroupValues.Table(directory, "memory.stat");
        if (details.Count == 0)
        {
            return;
        }
        to.MemoryDetails = details;
        var memory = Use(directory, "memory.");
        to.Memory = memory;
        if (CgroupValues.Unsigned(directory, "memory.swap.current") is { } swap)
        {
            // Both together, as v1 counts and those who read this expect.
            var limit = CgroupValues.Unsigned(directory, "memory.swap.max") is { } max && memory.Limit != ulong.MaxValue ? max + memory.Limit : ulong.MaxValue;
            to.Swap = new MemoryUse(limit, swap + memory.Usage, 0, 0);
        }
    }

    private static void ReadIo(SafeFd directory, CgroupStatistics to)
    {
        if (CgroupFiles.TryRead(directory, "io.stat", out var text) != Errno.None)
        {
            return;
        }
        List<BlockIoCount> bytes = [], operations = [];
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // 8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (!CgroupValues.TryDevice(words[0], out var major, out var minor))
            {
                continue;
            }
            foreach (var word in words.AsSpan(1))
            {
                var split = word.IndexOf('=', StringComparison.Ordinal);
                if (split < 2 || !ulong.TryParse(word.AsSpan(split + 1), CultureInfo.InvariantCulture, out var value))
                {
                    continue;
                }
                var operation = word[0] switch { 'r' => "Read", 'w' => "Write", _ => "Discard" };
                (word[1] == 'b' ? bytes : operations).Add(new BlockIoCount(major, minor, operation, value));
            }
        }
        to.IoBytes = bytes;
        to.IoOperations = operations;
    }

    private static Dictionary<string, MemoryUse> ReadHugePages(SafeFd directory)
    {
        var pages = new Dictionary<string, MemoryUse>();
        foreach (var size in CgroupValues.HugePageSizes(directory, ".current"))
        {
            pages[size] = Use(directory, $"hugetlb.{size}.");
        }
        return pages;
    }

    private static Dictionary<string, IReadOnlyList<Pressure>> ReadPressure(SafeFd directory)
    {
        var pressures = new Dictionary<string, IReadOnlyList<Pressure>>();
        foreach (var kind in s_pressures)
        {
            // Without CONFIG_PSI, or with psi=0, there is no such file, or reading it gives EOPNOTSUPP.
            if (CgroupFiles.TryRead(directory, kind + ".pressure", out var text) == Errno.None)
            {
                pressures[kind] = CgroupValues.Pressures(text);
            }
        }
        return pressures;
    }

    private static MemoryUse Use(SafeFd directory, string prefix) => new(
        CgroupValues.Unsigned(directory, prefix + "max") ?? ulong.MaxValue,
        CgroupValues.Unsigned(directory, prefix + "current") ?? 0,
        CgroupValues.Unsigned(directory, prefix + "peak") ?? 0,
        CgroupValues.Table(directory, prefix + "events").GetValueOrDefault("max"));

    private static ulong? Find(Dictionary<string, ulong> table, string key) => table.TryGetValue(key, out var value) ? value : null;

    private static ulong? Nanoseconds(Dictionary<string, ulong> table, string key) => Find(table, key) * 1000;
}
