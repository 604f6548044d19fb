namespace OciRun.Spec.Validation;

/// <summary>Rules of resources that hold on every host (config-linux.md, Control groups); what only cgroup v1 or v2 can do is decided when
/// the cgroup is known.</summary>
internal static class ResourceRules
{
    private const string DeviceClause = "config-linux.md#allowed-device-list";
    private const string MemoryClause = "config-linux.md#memory";
    private const string CpuClause = "config-linux.md#cpu";
    private const string UnifiedClause = "config-linux.md#unified";

    private static readonly string[] s_deviceTypes = ["a", "c", "b"];

    internal static void Apply(FindingCollector findings, Resources resources, bool update)
    {
        Devices(findings, resources.Devices);
        Memory(findings, resources.Memory, update);
        Cpu(findings, resources.Cpu);
        if (resources.Pids?.Limit < -1)
        {
            findings.Push("pids");
            findings.Must(FindingCode.OutOfRange, "config-linux.md#pids",
                $"{resources.Pids.Limit} is no limit: expected 0 or more, or -1 for none", "limit");
            findings.Pop();
        }
        BlockIoRules.Apply(findings, resources.BlockIO);
        Hugepages(findings, resources.HugepageLimits);
        Network(findings, resources.Network);
        Rdma(findings, resources.Rdma);
        Unified(findings, resources.Unified);
    }

    private static void Devices(FindingCollector findings, DeviceRule[]? rules)
    {
        if (rules is null)
            return;
        findings.Push("devices");
        for (int i = 0; i < rules.Length; i++)
        {
            if (rules[i] is not { } rule)
                continue;
            findings.Push(i);
            if (!string.IsNullOrEmpty(rule.Type))
                Check.Word(findings, DeviceClause, rule.Type, "type", s_deviceTypes);
            // -1 is what engines write for "all", as in the kernel's "*".
            if (rule.Major < -1)
                findings.Must(FindingCode.OutOfRange, DeviceClause,
                    $"{rule.Major} is no device number: give 0 or more, or leave it out for all", "major");
            if (rule.Minor < -1)
                findings.Must(FindingCode.OutOfRange, DeviceClause,
                    $"{rule.Minor} is no device number: give 0 or more, or leave it out for all", "minor");
            if (string.IsNullOrEmpty(rule.Access))
                findings.Must(FindingCode.Missing, DeviceClause, "is missing: give some of r (read), w (write), m (mknod)", "access");
            else if (rule.Access.AsSpan().ContainsAnyExcept("rwm"))
                findings.Must(FindingCode.UnknownValue, DeviceClause,
                    $"{Words.Quote(rule.Access)} is unknown: give some of r (read), w (write), m (mknod)", "access");
            findings.Pop();
        }
        findings.Pop();
    }

    private static void Memory(FindingCollector findings, MemoryResources? memory, bool update)
    {
        if (memory is null)
            return;
        findings.Push("memory");
        Bytes(findings, memory.Limit, "limit");
        Bytes(findings, memory.Reservation, "reservation");
        Bytes(findings, memory.Swap, "swap");
        Bytes(findings, memory.Kernel, "kernel");
        Bytes(findings, memory.KernelTCP, "kernelTCP");
        if (memory.Swap > 0)
        {
            // The value is memory and swap together; 0 stands for "not set", as engines write it. An update may rely on the present limit.
            if (memory.Limit is > 0 && memory.Swap < memory.Limit)
                findings.Must(FindingCode.Conflict, MemoryClause,
                    $"{memory.Swap} is below the memory limit {memory.Limit}: it is the limit of memory and swap together", "swap");
            else if (memory.Limit == -1 || memory.Limit is null or 0 && !update)
                findings.Must(FindingCode.Conflict, MemoryClause,
                    "needs a memory limit, as it is the limit of memory and swap together: give limit, or remove swap", "swap");
        }
        if (memory.Swappiness > 100)
            findings.Must(FindingCode.OutOfRange, MemoryClause, $"{memory.Swappiness} is out of range: expected 0 to 100", "swappiness");
        findings.Pop();
    }

    private static void Bytes(FindingCollector findings, long? value, string member)
    {
        if (value < -1)
            findings.Must(FindingCode.OutOfRange, MemoryClause, $"{value} is no limit: give bytes, or -1 for none", member);
    }

    private static void Cpu(FindingCollector findings, CpuResources? cpu)
    {
        if (cpu is null)
            return;
        findings.Push("cpu");
        // 0 stands for "not set", as engines write it.
        if (cpu.Period is > 0 and (< 1000 or > 1_000_000))
            findings.Must(FindingCode.OutOfRange, CpuClause,
                $"{cpu.Period} is out of range: the kernel takes 1000 to 1000000 microseconds", "period");
        if (cpu.Quota is > 0 and < 1000)
            findings.Must(FindingCode.OutOfRange, CpuClause,
                $"{cpu.Quota} is too small: the kernel takes at least 1000 microseconds", "quota");
        if (cpu.Quota > 0 && cpu.Burst > (ulong)cpu.Quota)
            findings.Must(FindingCode.Conflict, CpuClause, $"{cpu.Burst} is above the quota {cpu.Quota}: lower it", "burst");
        if (cpu.RealtimePeriod > 0 && cpu.RealtimeRuntime > 0 && (ulong)cpu.RealtimeRuntime > cpu.RealtimePeriod)
            findings.Must(FindingCode.Conflict, CpuClause,
                $"{cpu.RealtimeRuntime} is above the realtimePeriod {cpu.RealtimePeriod}: lower it", "realtimeRuntime");
        if (cpu.Idle is not (null or 0 or 1))
            findings.Must(FindingCode.OutOfRange, CpuClause, $"{cpu.Idle} is unknown: expected 0 or 1", "idle");
        Check.NumberList(findings, CpuClause, cpu.Cpus, "cpus");
        Check.NumberList(findings, CpuClause, cpu.Mems, "mems");
        findings.Pop();
    }

    private static void Hugepages(FindingCollector findings, HugepageLimit[]? limits)
    {
        if (limits is null)
            return;
        findings.Push("hugepageLimits");
        for (int i = 0; i < limits.Length; i++)
        {
            if (limits[i] is not { } limit || IsPageSize(limit.PageSize))
                continue;
            findings.Push(i);
            findings.Must(FindingCode.Malformed, "config-linux.md#huge-page-limits",
                $"{Words.Quote(limit.PageSize)} is no page size: write it as in 64KB, 2MB or 1GB",
                "pageSize");
            findings.Pop();
        }
        findings.Pop();
    }

    private static bool IsPageSize(ReadOnlySpan<char> text) =>
        text.Length >= 3 && text[0] is >= '1' and <= '9' && text[^1] == 'B' && text[^2] is 'K' or 'M' or 'G' && !text[..^2].ContainsAnyExceptInRange('0', '9');

    private static void Network(FindingCollector findings, NetworkResources? network)
    {
        if (network?.Priorities is not { } priorities)
            return;
        findings.Push("network");
        findings.Push("priorities");
        for (int i = 0; i < priorities.Length; i++)
        {
            if (priorities[i] is not { } priority || !string.IsNullOrEmpty(priority.Name) && !priority.Name.AsSpan().ContainsAny(" \n\0"))
                continue;
            findings.Push(i);
            findings.Must(FindingCode.Malformed, "config-linux.md#network",
                $"{Words.Quote(priority.Name)} is no name of a network interface", "name");
            findings.Pop();
        }
        findings.Pop();
        findings.Pop();
    }

    private static void Rdma(FindingCollector findings, Dictionary<string, RdmaLimit>? limits)
    {
        if (limits is null)
            return;
        findings.Push("rdma");
        foreach (var (device, limit) in limits)
        {
            if (device.Length == 0 || device.AsSpan().ContainsAny(" \n\0"))
                findings.Must(FindingCode.Malformed, "config-linux.md#rdma", $"{Words.Quote(device)} is no name of an RDMA device", device);
            if (limit is not null && limit.HcaHandles is null && limit.HcaObjects is null)
                findings.Must(FindingCode.Missing, "config-linux.md#rdma", "limits nothing: give hcaHandles, hcaObjects or both", device);
        }
        findings.Pop();
    }

    private static void Unified(FindingCollector findings, Dictionary<string, string>? files)
    {
        if (files is null)
            return;
        findings.Push("unified");
        foreach (var (file, value) in files)
        {
            if (file is "" or "." or ".." || file.AsSpan().ContainsAny("/\n\0"))
            {
                findings.Must(FindingCode.Traversal, UnifiedClause,
                    $"{Words.Quote(file)} is no file of a cgroup: give the plain name, as in memory.high", file);
            }
            Check.Text(findings, UnifiedClause, value, file);
        }
        findings.Pop();
    }
}
