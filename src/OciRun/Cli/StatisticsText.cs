using System.Globalization;
using System.Text;
using OciRun.Cgroups;
using OciRun.Spec;

namespace OciRun.Cli;

/// <summary>What events prints: runc's types/events.go, whose absent numbers are left out or 0 (go-runc and containerd read it).</summary>
internal static class StatisticsText
{
    /// <summary>One line.</summary>
    internal static ReadOnlySpan<byte> OutOfMemory(string id)
    {
        var json = Begin("oom", id);
        return End(json);
    }

    /// <summary>One line.</summary>
    internal static ReadOnlySpan<byte> Statistics(string id, CgroupStatistics statistics)
    {
        var json = Begin("stats", id);
        json.StartObject("data");
        WriteCpu(json, statistics);
        WriteMemory(json, statistics);
        json.StartObject("pids");
        Write(json, "current", statistics.Pids);
        Write(json, "limit", statistics.PidsLimit);
        json.EndObject();
        json.StartObject("blkio");
        Write(json, "ioServiceBytesRecursive", statistics.IoBytes);
        Write(json, "ioServicedRecursive", statistics.IoOperations);
        WritePressure(json, statistics, "io");
        json.EndObject();
        json.StartObject("hugetlb");
        foreach (var (size, use) in statistics.HugePages)
        {
            Write(json, size, use);
        }
        json.EndObject();
        json.StartObject("intel_rdt");
        json.EndObject();
        json.RawProperty("network_interfaces", "null"u8);
        json.EndObject();
        return End(json);
    }

    private static void WriteCpu(JsonText json, CgroupStatistics statistics)
    {
        json.StartObject("cpu");
        json.StartObject("usage");
        Write(json, "total", statistics.CpuTotal);
        if (statistics.CpuByProcessor.Count > 0)
        {
            json.StartArray("percpu");
            foreach (ulong time in statistics.CpuByProcessor)
            {
                json.Item(time);
            }
            json.EndArray();
        }
        json.Property("kernel", statistics.CpuKernel ?? 0);
        json.Property("user", statistics.CpuUser ?? 0);
        json.EndObject();
        json.StartObject("throttling");
        Write(json, "periods", statistics.Periods);
        Write(json, "throttledPeriods", statistics.ThrottledPeriods);
        Write(json, "throttledTime", statistics.ThrottledTime);
        json.EndObject();
        WritePressure(json, statistics, "cpu");
        json.EndObject();
    }

    private static void WriteMemory(JsonText json, CgroupStatistics statistics)
    {
        json.StartObject("memory");
        if (statistics.MemoryDetails.TryGetValue("cache", out ulong cache) || statistics.MemoryDetails.TryGetValue("file", out cache))
        {
            json.Property("cache", cache);
        }
        Write(json, "usage", statistics.Memory ?? default);
        Write(json, "swap", statistics.Swap ?? default);
        Write(json, "kernel", statistics.Kernel ?? default);
        Write(json, "kernelTCP", statistics.KernelTcp ?? default);
        if (statistics.MemoryDetails.Count > 0)
        {
            json.StartObject("raw");
            foreach (var (key, value) in statistics.MemoryDetails)
            {
                json.Property(key, value);
            }
            json.EndObject();
        }
        WritePressure(json, statistics, "memory");
        json.EndObject();
    }

    private static JsonText Begin(string type, string id)
    {
        var json = new JsonText();
        json.StartObject();
        json.Property("type", type);
        json.Property("id", id);
        return json;
    }

    private static ReadOnlySpan<byte> End(JsonText json)
    {
        json.EndObject();
        json.EndLine();
        return json.Written;
    }

    private static void Write(JsonText json, string name, MemoryUse use)
    {
        json.StartObject(name);
        json.Property("limit", use.Limit);
        json.Property("usage", use.Usage);
        json.Property("max", use.Max);
        json.Property("failcnt", use.FailCount);
        json.EndObject();
    }

    private static void Write(JsonText json, string name, ulong? value)
    {
        if (value is { } number)
        {
            json.Property(name, number);
        }
    }

    private static void Write(JsonText json, string name, IReadOnlyList<BlockIoCount> counts)
    {
        if (counts.Count == 0)
        {
            return;
        }
        json.StartArray(name);
        foreach (var count in counts)
        {
            json.StartObject();
            json.Property("major", (ulong)count.Major);
            json.Property("minor", (ulong)count.Minor);
            json.Property("op", count.Operation);
            json.Property("value", count.Value);
            json.EndObject();
        }
        json.EndArray();
    }

    private static void WritePressure(JsonText json, CgroupStatistics statistics, string resource)
    {
        if (!statistics.Pressure.TryGetValue(resource, out var lines))
        {
            return;
        }
        json.StartObject("psi");
        foreach (var line in lines)
        {
            json.StartObject(line.Kind);
            json.RawProperty("avg10", Text(line.Average10));
            json.RawProperty("avg60", Text(line.Average60));
            json.RawProperty("avg300", Text(line.Average300));
            json.Property("total", line.Total);
            json.EndObject();
        }
        json.EndObject();
    }

    private static byte[] Text(double number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));
}
