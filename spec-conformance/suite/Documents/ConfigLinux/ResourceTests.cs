using System.Globalization;

namespace OciRun.Conformance.Documents.ConfigLinux;

/// <summary>config-linux.md: the resources of the controllers, as the files of the container's cgroup show them.</summary>
internal static class ResourceTests
{
    // The content of a file of the container's cgroup. Its controller is the first part of its name; "" skips: this version of cgroups has no such file.
    private static string Content(Sandbox box, string resource, string value, string v1, string v2)
    {
        string file = box.Host.IsCgroupV2 ? v2 : v1;
        Check.Needs(file.Length > 0, $"{box.Host.Cgroups} has nothing for it");
        string controller = file.Split('.')[0];
        Check.Needs(box.Host.HasController(controller), $"the {controller} controller is not here ({box.Host.Cgroups})");
        var container = box.NewContainer().Set("/linux/resources/" + resource, JsonNode.Parse(value)).Create();
        string path = Path.Combine(box.Host.CgroupPath(controller, "/" + container.Id), file);
        Check.Needs(File.Exists(path), $"this kernel's cgroups have no {file}");
        return File.ReadAllText(path).Trim();
    }

    private static void Compare(Sandbox box, string resource, string value, string v1, string wanted1, string v2, string wanted2)
    {
        string content = Content(box, resource, value, v1, v2), wanted = box.Host.IsCgroupV2 ? wanted2 : wanted1;
        Check.That(wanted.Split('|').Contains(content), $"{(box.Host.IsCgroupV2 ? v2 : v1)} is {content} instead of {wanted.Replace("|", " or ", StringComparison.Ordinal)}");
    }

    // 9223372036854771712 is v1's word for no limit.
    [Row("config-linux.memory.unlimited", "{\"limit\": -1}", "memory.limit_in_bytes", "9223372036854771712", "memory.max", "max")]
    [Row("config-linux.memory.limit", "{\"limit\": 67108864}", "memory.limit_in_bytes", "67108864", "memory.max", "67108864")]
    [Row("config-linux.memory.reservation", "{\"reservation\": 33554432}", "memory.soft_limit_in_bytes", "33554432", "memory.low", "33554432")]
    [Row("config-linux.memory.swap", "{\"limit\": 67108864, \"swap\": 100663296}", "memory.memsw.limit_in_bytes", "100663296", "memory.swap.max", "33554432")]
    [Row("config-linux.memory.kernelTCP", "{\"kernelTCP\": 4194304}", "memory.kmem.tcp.limit_in_bytes", "4194304", "", "")]
    [Row("config-linux.memory.swappiness", "{\"swappiness\": 17}", "memory.swappiness", "17", "", "")]
    [Row("config-linux.memory.useHierarchy", "{\"useHierarchy\": true}", "memory.use_hierarchy", "1", "", "")]
    public static void Memory_IsSet(Sandbox box, string value, string v1, string wanted1, string v2, string wanted2) => Compare(box, "memory", value, v1, wanted1, v2, wanted2);

    [Row("config-linux.memory.disableOOMKiller", true)]
    [Row("config-linux.memory.disableOOMKiller", false)]
    public static void DisableOomKiller_IsSet(Sandbox box, bool value)
    {
        string content = Content(box, "memory", $"{{\"limit\": 67108864, \"disableOOMKiller\": {(value ? "true" : "false")}}}", "memory.oom_control", "");
        Check.That(content.Split('\n').Contains("oom_kill_disable " + (value ? "1" : "0")), $"memory.oom_control says {content.Replace('\n', ',')}");
    }

    [Clause("config-linux.memory.limit")]
    public static void MemoryLimit_IsKept(Sandbox box)
    {
        Check.Needs(box.Host.HasController("memory"), $"the memory controller is not here ({box.Host.Cgroups})");
        var container = box.NewContainer().Set("/linux/resources/memory", new JsonObject { ["limit"] = 33554432, ["swap"] = 33554432 });
        var result = container.Args("sh", "-c", "/bin/probe memory 128; echo status $?").Run();
        // What the kernel kills is the probe, or the shell with it.
        Check.That(result.ExitCode is 0 or 137, $"the program ends with status {result.ExitCode}");
        Check.That(!result.Output.Contains("memory 128: ok", StringComparison.Ordinal), "the program gets four times the memory of the limit");
    }

    // Of 512 shares two weights are known: of the formula until 2024, and of that since.
    [Row("config-linux.cpu.shares", "{\"shares\": 512}", "cpu.shares", "512", "cpu.weight", "20|59")]
    [Row("config-linux.cpu.quota", "{\"quota\": 50000, \"period\": 100000}", "cpu.cfs_quota_us", "50000", "cpu.max", "50000 100000")]
    [Row("config-linux.cpu.quota", "{\"quota\": -1}", "cpu.cfs_quota_us", "-1", "cpu.max", "max 100000")]
    [Row("config-linux.cpu.burst", "{\"quota\": 50000, \"period\": 100000, \"burst\": 20000}", "cpu.cfs_burst_us", "20000", "cpu.max.burst", "20000")]
    [Row("config-linux.cpu.period", "{\"quota\": 25000, \"period\": 50000}", "cpu.cfs_period_us", "50000", "cpu.max", "25000 50000")]
    [Row("config-linux.cpu.realtimeRuntime", "{\"realtimePeriod\": 500000, \"realtimeRuntime\": 5000}", "cpu.rt_runtime_us", "5000", "", "")]
    [Row("config-linux.cpu.realtimePeriod", "{\"realtimePeriod\": 500000, \"realtimeRuntime\": 5000}", "cpu.rt_period_us", "500000", "", "")]
    [Row("config-linux.cpu.cpus", "{\"cpus\": \"0\"}", "cpuset.cpus", "0", "cpuset.cpus", "0")]
    [Row("config-linux.cpu.mems", "{\"mems\": \"0\"}", "cpuset.mems", "0", "cpuset.mems", "0")]
    [Row("config-linux.cpu.idle", "{\"idle\": 1}", "cpu.idle", "1", "cpu.idle", "1")]
    [Row("config-linux.cpu.idle", "{\"idle\": 0}", "cpu.idle", "0", "cpu.idle", "0")]
    public static void Cpu_IsSet(Sandbox box, string value, string v1, string wanted1, string v2, string wanted2) => Compare(box, "cpu", value, v1, wanted1, v2, wanted2);

    [Row("config-linux.cpu.quota.burst")]
    [Row("config-linux.cpu.burst.quota")]
    public static void Burst_LargerThanTheQuota_IsAnError(Sandbox box)
    {
        Check.Needs(box.Host.HasController("cpu"), $"the cpu controller is not here ({box.Host.Cgroups})");
        box.NewContainer().Set("/linux/resources/cpu", new JsonObject { ["quota"] = 10000, ["period"] = 100000, ["burst"] = 20000 }).ShouldNotRun("burst is larger than quota");
    }

    [Row("config-linux.pids.limit", "{\"limit\": 42}", "42")]
    [Row("config-linux.pids.limit", "{\"limit\": -1}", "max")]
    [Row("config-linux.pids.zero", "{\"limit\": 0}", "0")]
    public static void Pids_IsSet(Sandbox box, string value, string wanted) => Compare(box, "pids", value, "pids.max", wanted, "pids.max", wanted);

    [Clause("config-linux.pids.limit")]
    public static void PidsLimit_IsKept(Sandbox box)
    {
        Check.Needs(box.Host.HasController("pids"), $"the pids controller is not here ({box.Host.Cgroups})");
        string answer = box.NewContainer().Set("/linux/resources/pids", new JsonObject { ["limit"] = 30 }).RunProbe("forks", "60")["forks 60"];
        Check.That(answer.EndsWith("EAGAIN", StringComparison.Ordinal) && int.Parse(answer.Split(' ')[0], CultureInfo.InvariantCulture) < 30, $"of 60 processes there were: {answer}");
    }

    [Clause("config-linux.blockIO.weight")]
    public static void BlockIoWeight_IsSet(Sandbox box)
    {
        string controller = box.Host.IsCgroupV2 ? "io" : "blkio";
        Check.Needs(box.Host.HasController(controller), $"the {controller} controller is not here ({box.Host.Cgroups})");
        string[] Weights(Container container) =>
            [.. Directory.GetFiles(box.Host.CgroupPath(controller, "/" + container.Id), controller + ".*weight").Where(f => !f.Contains("leaf", StringComparison.Ordinal))];
        Check.Needs(Weights(box.NewContainer().Create()).Length > 0, "this kernel's cgroups have no weight: neither BFQ nor the cost model of io");
        string[] files = Weights(box.NewContainer().Set("/linux/resources/blockIO", new JsonObject { ["weight"] = 300 }).Create());
        // io.weight counts from 1 to 10000, and runtimes scale.
        Check.That(Array.Exists(files, f => !File.ReadAllText(f).Trim().EndsWith("100", StringComparison.Ordinal)), "every weight is as without the setting");
    }

    [Row("config-linux.blockIO.throttleBps", "throttleReadBpsDevice", "blkio.throttle.read_bps_device", "rbps")]
    [Row("config-linux.blockIO.throttleBps", "throttleWriteBpsDevice", "blkio.throttle.write_bps_device", "wbps")]
    [Row("config-linux.blockIO.throttleIOPS", "throttleReadIOPSDevice", "blkio.throttle.read_iops_device", "riops")]
    [Row("config-linux.blockIO.throttleIOPS", "throttleWriteIOPSDevice", "blkio.throttle.write_iops_device", "wiops")]
    public static void Throttle_IsSet(Sandbox box, string property, string v1, string v2)
    {
        string? device = Directory.GetDirectories("/sys/block").Where(d => !d.Contains("/loop", StringComparison.Ordinal) && !d.Contains("/zram", StringComparison.Ordinal))
            .Select(d => File.ReadAllText(Path.Combine(d, "dev")).Trim()).FirstOrDefault();
        Check.Needs(device is not null, "this machine has no disk");
        string[] numbers = device!.Split(':');
        string value = $"{{\"{property}\": [{{\"major\": {numbers[0]}, \"minor\": {numbers[1]}, \"rate\": 1048576}}]}}";
        string content = Content(box, "blockIO", value, v1, "io.max");
        Check.That(box.Host.IsCgroupV2 ? content.StartsWith(device, StringComparison.Ordinal) && content.Contains($" {v2}=1048576", StringComparison.Ordinal) : content == $"{device} 1048576", $"the cgroup says \"{content}\"");
    }

    [Clause("config-linux.hugepageLimits")]
    public static void HugepageLimits_AreSet(Sandbox box)
    {
        Check.Needs(Directory.Exists("/sys/kernel/mm/hugepages/hugepages-2048kB"), "this machine has no huge pages of 2 MiB");
        Compare(box, "hugepageLimits", "[{\"pageSize\": \"2MB\", \"limit\": 4194304}]", "hugetlb.2MB.limit_in_bytes", "4194304", "hugetlb.2MB.max", "4194304");
    }

    [Row("config-linux.network.classID", "{\"classID\": 1048577}", "net_cls.classid", "1048577")]
    [Row("config-linux.network.priorities", "{\"priorities\": [{\"name\": \"lo\", \"priority\": 7}]}", "net_prio.ifpriomap", "lo 7")]
    public static void Network_IsSet(Sandbox box, string value, string v1, string wanted) =>
        Check.That(Content(box, "network", value, v1, "").Split('\n').Contains(wanted), $"{v1} has no line {wanted}");

    [Row("config-linux.rdma.hcaHandles", "hcaHandles", "hca_handle=3")]
    [Row("config-linux.rdma.hcaObjects", "hcaObjects", "hca_object=3")]
    public static void Rdma_IsSet(Sandbox box, string property, string wanted)
    {
        string? device = Directory.Exists("/sys/class/infiniband") ? Directory.GetDirectories("/sys/class/infiniband").Select(Path.GetFileName).FirstOrDefault() : null;
        Check.Needs(device is not null, "this machine has no RDMA device");
        string content = Content(box, "rdma", $"{{\"{device}\": {{\"{property}\": 3}}}}", "rdma.max", "rdma.max");
        Check.That(content.Split('\n').Any(l => l.StartsWith(device + " ", StringComparison.Ordinal) && l.Contains(wanted, StringComparison.Ordinal)), $"rdma.max says {content}");
    }

    private static Container Unified(Sandbox box, string file, string value)
    {
        Check.Needs(box.Host.IsCgroupV2, "unified is for cgroup v2, and this is cgroup v1");
        return box.NewContainer().Set("/linux/resources/unified", new JsonObject { [file] = value });
    }

    [Row("config-linux.unified.unknown", "", "cgroup.max.descendants", "5")]
    [Row("config-linux.unified.enabled", "pids", "pids.max", "77")]
    [Row("config-linux.unified.enabled", "memory", "memory.high", "67108864")]
    public static void Unified_IsWritten(Sandbox box, string controller, string file, string value)
    {
        Check.Needs(controller.Length == 0 || box.Host.HasController(controller), $"the {controller} controller is not here ({box.Host.Cgroups})");
        var container = Unified(box, file, value).Create();
        Check.Equal(value, File.ReadAllText(Path.Combine(box.Host.CgroupPath("", "/" + container.Id), file)).Trim(), file);
    }

    [Row("config-linux.unified.absent", "nosuch.max", "1")]
    [Row("config-linux.unified.unknown", "cgroup.no_such_file", "1")]
    public static void Unified_CannotBeWritten_IsAnError(Sandbox box, string file, string value) => Unified(box, file, value).ShouldNotRun($"there is no {file}");

    [Clause("config-linux.unified.absent")]
    public static void Unified_ControllerNotOnV2_IsAnError(Sandbox box)
    {
        string? missing = new[] { "memory", "pids", "cpu", "hugetlb", "rdma" }.FirstOrDefault(c => !box.Host.HasController(c));
        Check.Needs(!box.Host.IsCgroupV2 || missing is not null, "every controller is on cgroup v2 here");
        Unified(box, missing + ".max", "max").ShouldNotRun($"the {missing} controller is not on cgroup v2 here");
    }

    [Row("config-linux.unified.conversion", "memory", "{\"limit\": 67108864}", "memory.max", "67108864")]
    [Row("config-linux.unified.conversion", "pids", "{\"limit\": 42}", "pids.max", "42")]
    public static void V1Setting_IsConverted(Sandbox box, string resource, string value, string file, string wanted)
    {
        Check.Needs(box.Host.IsCgroupV2, "a conversion is for cgroup v2, and this is cgroup v1");
        Check.Equal(wanted, Content(box, resource, value, "", file), file);
    }

    [Row("config-linux.unified.conversion.impossible", "memory", "{\"swappiness\": 17}", "memory")]
    [Row("config-linux.unified.conversion.impossible", "cpu", "{\"realtimePeriod\": 500000, \"realtimeRuntime\": 5000}", "cpu")]
    public static void V1Setting_WithoutEquivalent_IsAnError(Sandbox box, string resource, string value, string controller)
    {
        Check.Needs(box.Host.IsCgroupV2, "a conversion is for cgroup v2, and this is cgroup v1");
        Check.Needs(box.Host.HasController(controller), $"the {controller} controller is not here ({box.Host.Cgroups})");
        box.NewContainer().Set("/linux/resources/" + resource, JsonNode.Parse(value)).ShouldNotRun($"cgroup v2 has nothing for {value}");
    }
}
