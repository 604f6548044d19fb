using System.Globalization;
using OciRun.Spec;

namespace OciRun.Cgroups;

/// <summary>linux.resources in files of cgroup v1 (Documentation/admin-guide/cgroup-v1). A 0 is "unset", as in runc, except for pids.limit.</summary>
internal static class V1Resources
{
    internal static void Write(Resources resources, ResourceWriter to)
    {
        if (resources.Unified is { Count: > 0 })
        {
            throw ResourceWriter.Impossible("unified", "these are files of cgroup v2, and this machine limits by cgroup v1");
        }
        WriteCpuset(resources.Cpu, to);
        WriteMemory(resources.Memory, to);
        WriteCpu(resources.Cpu, to);
        if (resources.Pids?.Limit is { } limit)
        {
            to.Add("pids", "pids.max", ResourceWriter.Limit(limit), "pids/limit");
        }
        WriteBlockIo(resources.BlockIO, to);
        WriteHugePages(resources.HugepageLimits, to);
        WriteNetwork(resources.Network, to);
        foreach (var (device, rdma) in resources.Rdma ?? [])
        {
            to.Add("rdma", "rdma.max", Conversions.Rdma(device, rdma), "rdma/" + device);
        }
    }

    private static void WriteCpuset(CpuResources? cpu, ResourceWriter to)
    {
        if (!string.IsNullOrEmpty(cpu?.Cpus))
        {
            to.Add("cpuset", "cpuset.cpus", cpu.Cpus, "cpu/cpus");
        }
        if (!string.IsNullOrEmpty(cpu?.Mems))
        {
            to.Add("cpuset", "cpuset.mems", cpu.Mems, "cpu/mems");
        }
    }

    private static void WriteMemory(MemoryResources? memory, ResourceWriter to)
    {
        if (memory is null)
        {
            return;
        }
        if (memory.Kernel is not null and not 0)
        {
            to.Warn("/linux/resources/memory/kernel: has no effect: the kernel counts its memory in the memory limit");
        }
        if (memory.UseHierarchy is false)
        {
            throw ResourceWriter.Impossible("memory/useHierarchy", "the kernel has no memory cgroups without hierarchy any more (5.11)");
        }
        var limit = memory.Limit ?? 0;
        var swap = memory.Swap ?? 0;
        if (limit > 0 && swap > 0 && swap < limit)
        {
            _ = Conversions.SwapAlone(swap, limit); // the same error on both versions
        }
        if (limit != 0)
        {
            // The kernel keeps memory <= memory and swap at each write; which of the two must go first depends on what is set already.
            to.Add(new CgroupWrite("memory", "memory.limit_in_bytes", ResourceWriter.Text(limit), ResourceWrites.Root + "memory/limit") { Retry = true });
        }
        if (swap != 0)
        {
            to.Add(new CgroupWrite("memory", "memory.memsw.limit_in_bytes", ResourceWriter.Text(swap), ResourceWrites.Root + "memory/swap") { Optional = swap < 0 });
        }
        else if (limit == -1)
        {
            to.Add(new CgroupWrite("memory", "memory.memsw.limit_in_bytes", "-1", ResourceWrites.Root + "memory/limit") { Optional = true });
        }
        if (memory.Reservation is { } soft and not 0)
        {
            to.Add("memory", "memory.soft_limit_in_bytes", ResourceWriter.Text(soft), "memory/reservation");
        }
        if (memory.KernelTCP is { } tcp and not 0)
        {
            to.Add("memory", "memory.kmem.tcp.limit_in_bytes", ResourceWriter.Text(tcp), "memory/kernelTCP");
        }
        if (memory.DisableOOMKiller is true)
        {
            to.Add("memory", "memory.oom_control", "1", "memory/disableOOMKiller");
        }
        if (memory.Swappiness is { } swappiness)
        {
            if (swappiness > 100)
            {
                throw ResourceWriter.Impossible("memory/swappiness", string.Create(CultureInfo.InvariantCulture, $"swappiness {swappiness} is not between 0 and 100"));
            }
            to.Add("memory", "memory.swappiness", ResourceWriter.Text(swappiness), "memory/swappiness");
        }
    }

    private static void WriteCpu(CpuResources? cpu, ResourceWriter to)
    {
        if (cpu is null)
        {
            return;
        }
        if (cpu.Idle is { } idle)
        {
            to.Add("cpu", "cpu.idle", ResourceWriter.Text(idle), "cpu/idle");
        }
        if (cpu.Idle is null or 0 && cpu.Shares is { } shares and not 0)
        {
            to.Add("cpu", "cpu.shares", ResourceWriter.Text(shares), "cpu/shares");
        }
        if (cpu.Period is { } period and not 0)
        {
            // A smaller period may break the parent's budget until the quota shrinks too.
            to.Add(Retried("cpu.cfs_period_us", ResourceWriter.Text(period), "cpu/period"));
        }
        if (cpu.Burst is { } burst)
        {
            to.Add(Retried("cpu.cfs_burst_us", ResourceWriter.Text(burst), "cpu/burst"));
        }
        if (cpu.Quota is { } quota and not 0)
        {
            to.Add("cpu", "cpu.cfs_quota_us", ResourceWriter.Text(quota), "cpu/quota");
        }
        if (cpu.RealtimePeriod is { } realtimePeriod and not 0)
        {
            to.Add(Retried("cpu.rt_period_us", ResourceWriter.Text(realtimePeriod), "cpu/realtimePeriod"));
        }
        if (cpu.RealtimeRuntime is { } runtime and not 0)
        {
            to.Add("cpu", "cpu.rt_runtime_us", ResourceWriter.Text(runtime), "cpu/realtimeRuntime");
        }
    }

    private static CgroupWrite Retried(string file, string value, string field) => new("cpu", file, value, ResourceWrites.Root + field) { Retry = true };

    private static void WriteBlockIo(BlockIoResources? io, ResourceWriter to)
    {
        if (io is null)
        {
            return;
        }
        if (io.Weight is { } weight and not 0)
        {
            to.Add(Weight("weight", ResourceWriter.Text((ulong)weight), "blockIO/weight"));
        }
        if (io.LeafWeight is { } leaf and not 0)
        {
            to.Add(Weight("leaf_weight", ResourceWriter.Text((ulong)leaf), "blockIO/leafWeight"));
        }
        for (var i = 0; i < (io.WeightDevice?.Length ?? 0); i++)
        {
            var device = io.WeightDevice![i];
            var place = string.Create(CultureInfo.InvariantCulture, $"blockIO/weightDevice/{i}");
            if (device.Weight is { } own)
            {
                to.Add(Weight("weight_device", string.Create(CultureInfo.InvariantCulture, $"{device.Major}:{device.Minor} {own}"), place + "/weight"));
            }
            if (device.LeafWeight is { } ownLeaf)
            {
                to.Add(Weight("leaf_weight_device", string.Create(CultureInfo.InvariantCulture, $"{device.Major}:{device.Minor} {ownLeaf}"), place + "/leafWeight"));
            }
        }
        WriteThrottle(io.ThrottleReadBpsDevice, "read_bps_device", "throttleReadBpsDevice", to);
        WriteThrottle(io.ThrottleWriteBpsDevice, "write_bps_device", "throttleWriteBpsDevice", to);
        WriteThrottle(io.ThrottleReadIOPSDevice, "read_iops_device", "throttleReadIOPSDevice", to);
        WriteThrottle(io.ThrottleWriteIOPSDevice, "write_iops_device", "throttleWriteIOPSDevice", to);
    }

    /// <summary>CFQ's files went with CFQ (5.0); BFQ has the same ones under its name, but no leaf weights.</summary>
    private static CgroupWrite Weight(string suffix, string value, string field)
    {
        var place = ResourceWrites.Root + field;
        return new CgroupWrite("blkio", "blkio." + suffix, value, place) { Fallback = new CgroupWrite("blkio", "blkio.bfq." + suffix, value, place) };
    }

    private static void WriteThrottle(ThrottleDevice[]? devices, string file, string field, ResourceWriter to)
    {
        for (var i = 0; i < (devices?.Length ?? 0); i++)
        {
            var device = devices![i];
            to.Add(
                "blkio",
                "blkio.throttle." + file,
                string.Create(CultureInfo.InvariantCulture, $"{device.Major}:{device.Minor} {device.Rate}"),
                string.Create(CultureInfo.InvariantCulture, $"blockIO/{field}/{i}"));
        }
    }

    private static void WriteHugePages(HugepageLimit[]? limits, ResourceWriter to)
    {
        for (var i = 0; i < (limits?.Length ?? 0); i++)
        {
            var size = Conversions.HugePageSize(limits![i].PageSize, i);
            var place = string.Create(CultureInfo.InvariantCulture, $"{ResourceWrites.Root}hugepageLimits/{i}");
            var value = ResourceWriter.Text(limits[i].Limit);
            to.Add(new CgroupWrite("hugetlb", $"hugetlb.{size}.rsvd.limit_in_bytes", value, place) { Optional = true, Lost = "reservations are not limited" });
            to.Add(new CgroupWrite("hugetlb", $"hugetlb.{size}.limit_in_bytes", value, place));
        }
    }

    private static void WriteNetwork(NetworkResources? network, ResourceWriter to)
    {
        if (network?.ClassID is { } classId and not 0)
        {
            to.Add("net_cls", "net_cls.classid", ResourceWriter.Text((ulong)classId), "network/classID");
        }
        for (var i = 0; i < (network?.Priorities?.Length ?? 0); i++)
        {
            var priority = network!.Priorities![i];
            to.Add(
                "net_prio",
                "net_prio.ifpriomap",
                string.Create(CultureInfo.InvariantCulture, $"{priority.Name} {priority.Priority}"),
                string.Create(CultureInfo.InvariantCulture, $"network/priorities/{i}"));
        }
    }
}
