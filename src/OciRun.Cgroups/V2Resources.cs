using System.Globalization;
using OciRun.Spec;

namespace OciRun.Cgroups;

/// <summary>linux.resources in files of cgroup v2 (Documentation/admin-guide/cgroup-v2.rst). A 0 is "unset", as in runc, except for pids.limit.</summary>
internal static class V2Resources
{
    internal static void Write(Resources resources, ResourceWriter to)
    {
        WritePids(resources.Pids, to);
        WriteMemory(resources.Memory, to);
        WriteCpu(resources.Cpu, to);
        WriteBlockIo(resources.BlockIO, to);
        WriteHugePages(resources.HugepageLimits, to);
        WriteRdma(resources.Rdma, to);
        RefuseNetwork(resources.Network);
        WriteUnified(resources.Unified, to);
    }

    private static void WritePids(PidsResources? pids, ResourceWriter to)
    {
        if (pids?.Limit is { } limit)
        {
            to.Add("pids", "pids.max", ResourceWriter.Limit(limit), "pids/limit");
        }
    }

    private static void WriteMemory(MemoryResources? memory, ResourceWriter to)
    {
        if (memory is null)
        {
            return;
        }
        if (memory.Swappiness is not null)
        {
            throw ResourceWriter.Impossible("memory/swappiness", "cgroup v2 has no swappiness of its own");
        }
        if (memory.DisableOOMKiller is true)
        {
            throw ResourceWriter.Impossible("memory/disableOOMKiller", "cgroup v2 cannot disable the OOM killer");
        }
        if (memory.UseHierarchy is false)
        {
            throw ResourceWriter.Impossible("memory/useHierarchy", "cgroup v2 is always hierarchical");
        }
        WarnAboutKernelMemory(memory, to);
        var limit = memory.Limit ?? 0;
        // Swap before memory: with little memory and no swap limit yet the kernel would swap out what is about to be limited.
        if (Conversions.SwapAlone(memory.Swap ?? 0, limit) is { } swap)
        {
            var place = ResourceWrites.Root + (memory.Swap is null or 0 ? "memory/limit" : "memory/swap");
            // Without CONFIG_SWAP or swap accounting there is no such file, and no swap to limit.
            to.Add(new CgroupWrite("memory", "memory.swap.max", ResourceWriter.Limit(swap), place) { Optional = swap <= 0 });
        }
        if (limit != 0)
        {
            to.Add("memory", "memory.max", limit == -1 ? "max" : ResourceWriter.Text(limit), "memory/limit");
        }
        if (memory.Reservation is { } low and not 0)
        {
            to.Add("memory", "memory.low", low == -1 ? "max" : ResourceWriter.Text(low), "memory/reservation");
        }
    }

    internal static void WarnAboutKernelMemory(MemoryResources memory, ResourceWriter to)
    {
        if (memory.Kernel is not null and not 0)
        {
            to.Warn("/linux/resources/memory/kernel: has no effect: the kernel counts its memory in the memory limit");
        }
        if (memory.KernelTCP is not null and not 0)
        {
            to.Warn("/linux/resources/memory/kernelTCP: has no effect on cgroup v2: TCP buffers count in the memory limit");
        }
    }

    private static void WriteCpu(CpuResources? cpu, ResourceWriter to)
    {
        if (cpu is null)
        {
            return;
        }
        if (cpu.RealtimeRuntime is not null and not 0)
        {
            throw ResourceWriter.Impossible("cpu/realtimeRuntime", "cgroup v2 has no realtime budgets");
        }
        if (cpu.RealtimePeriod is not null and not 0)
        {
            throw ResourceWriter.Impossible("cpu/realtimePeriod", "cgroup v2 has no realtime budgets");
        }
        if (cpu.Idle is { } idle)
        {
            to.Add("cpu", "cpu.idle", ResourceWriter.Text(idle), "cpu/idle");
        }
        // An idle group has its own weight and takes no other (EINVAL).
        if (cpu.Idle is null or 0 && Conversions.SharesToWeight(cpu.Shares ?? 0) is var weight and not 0)
        {
            to.Add("cpu", "cpu.weight", ResourceWriter.Text(weight), "cpu/shares");
        }
        if (cpu.Burst is { } burst)
        {
            // Not above the quota: the first of the two that the present other one allows goes first.
            to.Add(new CgroupWrite("cpu", "cpu.max.burst", ResourceWriter.Text(burst), ResourceWrites.Root + "cpu/burst") { Retry = true });
        }
        if (Conversions.CpuMax(cpu.Quota ?? 0, cpu.Period ?? 0) is { } max)
        {
            to.Add("cpu", "cpu.max", max, cpu.Quota is null or 0 ? "cpu/period" : "cpu/quota");
        }
        if (!string.IsNullOrEmpty(cpu.Cpus))
        {
            to.Add("cpuset", "cpuset.cpus", cpu.Cpus, "cpu/cpus");
        }
        if (!string.IsNullOrEmpty(cpu.Mems))
        {
            to.Add("cpuset", "cpuset.mems", cpu.Mems, "cpu/mems");
        }
    }

    private static void WriteBlockIo(BlockIoResources? io, ResourceWriter to)
    {
        if (io is null)
        {
            return;
        }
        if (io.LeafWeight is not null and not 0)
        {
            throw ResourceWriter.Impossible("blockIO/leafWeight", "cgroup v2 has no leaf weights");
        }
        if (io.Weight is { } weight and not 0)
        {
            to.Add(Weight(ResourceWriter.Text((ulong)weight), ResourceWriter.Text(Conversions.BlockWeightToIoWeight(weight)), "blockIO/weight"));
        }
        for (var i = 0; i < (io.WeightDevice?.Length ?? 0); i++)
        {
            var device = io.WeightDevice![i];
            var place = string.Create(CultureInfo.InvariantCulture, $"blockIO/weightDevice/{i}");
            if (device.LeafWeight is not null and not 0)
            {
                throw ResourceWriter.Impossible(place + "/leafWeight", "cgroup v2 has no leaf weights");
            }
            if (device.Weight is { } own)
            {
                var prefix = string.Create(CultureInfo.InvariantCulture, $"{device.Major}:{device.Minor} ");
                to.Add(Weight(prefix + ResourceWriter.Text((ulong)own), prefix + ResourceWriter.Text(Conversions.BlockWeightToIoWeight(own)), place + "/weight"));
            }
        }
        WriteThrottle(io.ThrottleReadBpsDevice, "rbps", "throttleReadBpsDevice", to);
        WriteThrottle(io.ThrottleWriteBpsDevice, "wbps", "throttleWriteBpsDevice", to);
        WriteThrottle(io.ThrottleReadIOPSDevice, "riops", "throttleReadIOPSDevice", to);
        WriteThrottle(io.ThrottleWriteIOPSDevice, "wiops", "throttleWriteIOPSDevice", to);
    }

    /// <summary>BFQ has the range of v1, and its own file; else the kernel's io.weight.</summary>
    private static CgroupWrite Weight(string bfq, string converted, string field) =>
        new("io", "io.bfq.weight", bfq, ResourceWrites.Root + field) { Fallback = new CgroupWrite("io", "io.weight", converted, ResourceWrites.Root + field) };

    private static void WriteThrottle(ThrottleDevice[]? devices, string key, string field, ResourceWriter to)
    {
        for (var i = 0; i < (devices?.Length ?? 0); i++)
        {
            var device = devices![i];
            // On v1 a rate of 0 lifts the limit.
            var rate = device.Rate == 0 ? "max" : ResourceWriter.Text(device.Rate);
            to.Add(
                "io",
                "io.max",
                string.Create(CultureInfo.InvariantCulture, $"{device.Major}:{device.Minor} {key}={rate}"),
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
            // Reservations where the kernel counts them (5.7), and use beside them, which also tells an unknown size.
            to.Add(new CgroupWrite("hugetlb", $"hugetlb.{size}.rsvd.max", value, place) { Optional = true, Lost = "reservations are not limited" });
            to.Add(new CgroupWrite("hugetlb", $"hugetlb.{size}.max", value, place));
        }
    }

    private static void WriteRdma(Dictionary<string, RdmaLimit>? limits, ResourceWriter to)
    {
        foreach (var (device, limit) in limits ?? [])
        {
            to.Add("rdma", "rdma.max", Conversions.Rdma(device, limit), "rdma/" + device);
        }
    }

    private static void RefuseNetwork(NetworkResources? network)
    {
        if (network?.ClassID is not null and not 0)
        {
            throw ResourceWriter.Impossible("network/classID", "cgroup v2 has no network classes");
        }
        if (network?.Priorities is { Length: > 0 })
        {
            throw ResourceWriter.Impossible("network/priorities", "cgroup v2 has no network priorities");
        }
    }

    private static void WriteUnified(Dictionary<string, string>? unified, ResourceWriter to)
    {
        foreach (var (file, value) in unified ?? [])
        {
            var place = ResourceWrites.Root + "unified/" + file;
            var dot = file.IndexOf('.', StringComparison.Ordinal);
            if (dot <= 0 || dot == file.Length - 1 || file.AsSpan().IndexOfAny("/\n\0") >= 0 || file.Contains("..", StringComparison.Ordinal))
            {
                throw new CgroupException($"\"{file.Replace("\n", "\\n", StringComparison.Ordinal)}\" is no cgroup file: CONTROLLER.PARAMETER is wanted", ResourceWrites.Root + "unified");
            }
            to.Add(new CgroupWrite(file[..dot], file, value, place) { ByLine = true });
        }
    }
}
