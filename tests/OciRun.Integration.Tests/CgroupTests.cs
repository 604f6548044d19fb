namespace OciRun.Integration;

/// <summary>Where the cgroup is, and that the limits are really in it, on v1 and on v2 (S140–S164).</summary>
public sealed class CgroupTests : IntegrationTest
{
    private Container Created(Action<Container> change)
    {
        var container = NewContainer().Probe("signals", "TERM");
        change(container);
        return container.Create();
    }

    private static string Read(Container container, string controller, string v1, string v2) =>
        CgroupView.Read(controller, "/" + container.Id, CgroupView.IsUnified ? v2 : v1);

    private static void Need(string controller) =>
        Assert.SkipUnless(CgroupView.Has(controller), $"this machine has no {controller} controller for us");

    [Fact]
    public void CgroupsPath_Absolute_IsBelowTheMount()
    {
        Need("pids");
        var container = Created(c => { });
        CgroupView.Processes("pids", "/" + container.Id).Should().Contain(container.Pid);
    }

    [Fact]
    public void CgroupsPath_Nested_IsMadeAndRemoved()
    {
        Need("pids");
        string path = $"/{NewContainer().Id}-parent/child";
        var container = Created(c => c.Set("/linux/cgroupsPath", path));
        CgroupView.Processes("pids", path).Should().Contain(container.Pid);
        container.TryDelete("--force").ShouldExit(0);
        Directory.Exists(CgroupView.PathOf("pids", path)).Should().BeFalse();
        // The parent may have been there before: whether it goes is the runtime's choice, not this test's.
        foreach (string parent in Directory.GetDirectories("/sys/fs/cgroup", Path.GetFileName(Path.GetDirectoryName(path))!, new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }))
            Directory.Delete(parent);
    }

    [Fact]
    public void CgroupsPath_Unset_ContainerHasACgroupOfItsOwn()
    {
        var container = Created(c => c.Remove("/linux/cgroupsPath"));
        container.Proc("cgroup").Should().Contain(container.Id);
    }

    [Fact]
    public void Pids_Limit_IsReadBack()
    {
        Need("pids");
        Read(Created(c => c.Set("/linux/resources/pids", new JsonObject { ["limit"] = 17 })), "pids", "pids.max", "pids.max").Should().Be("17");
    }

    [Fact]
    public void Pids_Limit_IsEnforced()
    {
        Need("pids");
        NewContainer().Set("/linux/resources/pids", new JsonObject { ["limit"] = 10 }).RunProbe("forks", "50")["forks 50"].Should().Be("9 EAGAIN");
    }

    [Fact]
    public void Memory_Limit_IsReadBack()
    {
        Need("memory");
        Read(Created(c => c.Set("/linux/resources/memory", new JsonObject { ["limit"] = 64 << 20 })), "memory", "memory.limit_in_bytes", "memory.max")
            .Should().Be($"{64 << 20}");
    }

    [Fact]
    public void Memory_Exceeded_ProgramIsKilled()
    {
        Need("memory");
        NewContainer().Set("/linux/resources/memory", new JsonObject { ["limit"] = 16 << 20 }).Probe("memory", "64").Run().ShouldExit(137);
    }

    [Fact]
    public void Memory_Reservation_IsReadBack()
    {
        Need("memory");
        Read(Created(c => c.Set("/linux/resources/memory", new JsonObject { ["reservation"] = 32 << 20 })), "memory", "memory.soft_limit_in_bytes", "memory.low")
            .Should().Be($"{32 << 20}");
    }

    [ClaimFact("U20, C112: one MiB is enough for a small static program; runc needs six to ten")]
    public void Memory_OneMebibyte_ProgramRuns()
    {
        Need("memory");
        NewContainer().Set("/linux/resources/memory", new JsonObject { ["limit"] = 1 << 20 }).Probe("exit", "3").Run().ShouldExit(3);
    }

    [Fact]
    public void Cpu_QuotaAndPeriod_AreReadBack()
    {
        Need("cpu");
        var container = Created(c => c.Set("/linux/resources/cpu", new JsonObject { ["quota"] = 50000, ["period"] = 200000 }));
        if (CgroupView.IsUnified)
        {
            Read(container, "cpu", "", "cpu.max").Should().Be("50000 200000");
            return;
        }
        Read(container, "cpu", "cpu.cfs_quota_us", "").Should().Be("50000");
        Read(container, "cpu", "cpu.cfs_period_us", "").Should().Be("200000");
    }

    [Fact]
    public void Cpu_SharesDefault_AreWeight100()
    {
        Need("cpu");
        // Newer runtimes convert 1024 to 100, older ones linearly to 39 (S151).
        string seen = Read(Created(c => c.Set("/linux/resources/cpu", new JsonObject { ["shares"] = 1024 })), "cpu", "cpu.shares", "cpu.weight");
        seen.Should().BeOneOf(CgroupView.IsUnified ? RuntimeUnderTest.IsOurs ? ["100"] : ["100", "39"] : ["1024"]);
    }

    [Fact]
    public void Cpuset_CpusAndMems_AreReadBack()
    {
        Need("cpuset");
        var container = Created(c => c.Set("/linux/resources/cpu", new JsonObject { ["cpus"] = "0", ["mems"] = "0" }));
        Read(container, "cpuset", "cpuset.cpus", "cpuset.cpus").Should().Be("0");
        Read(container, "cpuset", "cpuset.mems", "cpuset.mems").Should().Be("0");
        container.Proc("status").Should().MatchRegex("Cpus_allowed_list:\\s0\\n");
    }

    [Fact]
    public void Unified_File_IsWritten()
    {
        Assert.SkipUnless(CgroupView.IsUnified && CgroupView.Has("memory"), "unified needs cgroup v2 with the memory controller");
        Read(Created(c => c.Set("/linux/resources/unified", new JsonObject { ["memory.high"] = $"{8 << 20}" })), "memory", "", "memory.high").Should().Be($"{8 << 20}");
    }

    [Fact]
    public void Limits_MemoryCpuPidsAndIo_AreReadBackFromInside()
    {
        string[] controllers = ["memory", "cpu", "pids", CgroupView.IsUnified ? "io" : "blkio"];
        Array.ForEach(controllers, Need);
        string? disk = Directory.GetDirectories("/sys/block").Order().FirstOrDefault();
        Assert.SkipWhen(disk is null, "this machine has no disk that a limit could be for");
        string[] number = File.ReadAllText(disk + "/dev").Trim().Split(':');
        const string V1 = "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes; echo $(cat cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us); cat pids/pids.max blkio/blkio.throttle.read_bps_device";
        Assert.SkipUnless(CgroupView.IsUnified || File.Exists("/sys/fs/cgroup/blkio/blkio.throttle.read_bps_device"), "this kernel does not throttle disks (CONFIG_BLK_DEV_THROTTLING)");
        var result = NewContainer().Args("sh", "-c", CgroupView.IsUnified ? "cd /sys/fs/cgroup; cat memory.max cpu.max pids.max io.max" : V1)
            .Set("/linux/resources/memory", new JsonObject { ["limit"] = 64 << 20 })
            .Set("/linux/resources/cpu", new JsonObject { ["quota"] = 50000, ["period"] = 200000 })
            .Set("/linux/resources/pids", new JsonObject { ["limit"] = 17 })
            .Set("/linux/resources/blockIO/throttleReadBpsDevice", new JsonArray(
                new JsonObject { ["major"] = int.Parse(number[0]), ["minor"] = int.Parse(number[1]), ["rate"] = 1 << 20 }))
            .Run().ShouldExit(0);
        result.Output.Split('\n').Should().Equal(
            $"{64 << 20}", "50000 200000", "17", string.Join(':', number) + (CgroupView.IsUnified ? $" rbps={1 << 20} wbps=max riops=max wiops=max" : $" {1 << 20}"), "");
    }

    [Fact]
    public void Kill_All_ReachesProcessesThatLeftTheSession()
    {
        var container = NewContainer().Args("sh", "-c", "setsid sleep 60 & echo ready; sleep 60").Create().Start().WaitFor("ready");
        container.Verb("kill", "--all", container.Id, "KILL").Run().ShouldExit(0);
        container.WaitStopped();
    }

    [Fact]
    public void CgroupMount_InTheContainer_IsReadOnlyAndItsOwn()
    {
        var answers = NewContainer().RunProbe("report", "+", "mkdir", "/sys/fs/cgroup/new", "+", "mkdir", "/sys/fs/cgroup/pids/new");
        answers["mkdir /sys/fs/cgroup/new"].Should().BeOneOf("EROFS", "EACCES");
        answers["mkdir /sys/fs/cgroup/pids/new"].Should().BeOneOf("EROFS", "EACCES", "ENOENT");
        answers.Report.List("cgroup").Should().Contain(l => l.EndsWith(":/", StringComparison.Ordinal), "the cgroup namespace's root is the container's cgroup");
    }

    /// <summary>config-linux.md, "Cgroup ownership": it goes to who executes the process, and not to the container's root.</summary>
    [ClaimTheory("crun gives it to the container's root, and runc changes no owner without systemd")]
    [InlineData(0, 100000)]
    [InlineData(1000, 101000)]
    public void Owner_OfAWritableCgroup_IsTheUserOfTheProcess(int user, int owner)
    {
        Assert.SkipUnless(CgroupView.IsUnified, "cgroup v2 only: a cgroup of v1 is given to nobody");
        var container = Created(c => c.UserNamespace().Set("/process/user", new JsonObject { ["uid"] = user, ["gid"] = user })
            .Set("/mounts/6/options", new JsonArray("nosuid", "noexec", "nodev", "relatime")));
        Sandbox.Program("stat", "-c", "%u", CgroupView.PathOf("", "/" + container.Id)).Run().Output.Should().Be($"{owner}\n");
    }
}
