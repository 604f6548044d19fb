using System.Globalization;
using OciRun.Linux;
using OciRun.Spec;

namespace OciRun.Cgroups.Tests;

/// <summary>On the hierarchies of a v1 or hybrid machine.</summary>
public sealed class V1SystemTests
{
    private static readonly DeviceRule[] s_denyAll = [new() { Allow = false, Access = "rwm" }];

    public V1SystemTests() => TestCgroup.Need(v2: false);

    [Fact]
    public void Create_NewPath_MakesAndDeleteRemoves()
    {
        using var test = new TestCgroup("a/b");
        var intent = test.Cgroup.MissingDirectories();
        test.Cgroup.Create(null);
        test.Cgroup.Created.Should().BeEquivalentTo(intent);
        test.Cgroup.Paths.Should().ContainKeys("memory", "cpu", "cpuacct", "cpuset", "devices", "freezer", "pids", "blkio", "name=systemd");
        foreach (var path in test.Cgroup.Paths.Values)
        {
            Directory.Exists(path).Should().BeTrue(path);
        }
        if (test.Host.Mode == CgroupMode.Hybrid)
        {
            test.Cgroup.Paths[""].Should().StartWith("/sys/fs/cgroup/unified/");
        }
        test.Cgroup.Delete(TimeSpan.FromSeconds(5));
        foreach (var path in intent)
        {
            Directory.Exists(path).Should().BeFalse(path);
        }
    }

    [Fact]
    public void Create_Cpuset_IsFilledFromAbove()
    {
        using var test = new TestCgroup("a/b");
        test.Cgroup.Create(null);
        test.Read("cpuset.cpus", "cpuset").Should().Be(File.ReadAllText("/sys/fs/cgroup/cpuset/cpuset.cpus").Trim()).And.NotBeEmpty();
        test.Run("true").Should().Be(0);
    }

    [Fact]
    public void AddProcess_Child_IsInEveryHierarchy()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        var process = test.Start("exec sleep 60");
        test.Cgroup.AddProcess(process.Id);
        var lines = File.ReadAllLines($"/proc/{process.Id}/cgroup");
        lines.Should().HaveCount(new HashSet<string>(test.Cgroup.Paths.Values).Count).And.OnlyContain(line => line.EndsWith(test.Path, StringComparison.Ordinal));
        test.Cgroup.Pids(recursive: true).Should().Equal(process.Id);
    }

    [Fact]
    public void ApplyLimits_AllControllers_AreReadBack()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        test.Cgroup.ApplyLimits(new Resources
        {
            Memory = new MemoryResources { Limit = 64 << 20, Swap = 128 << 20, Reservation = 32 << 20, Swappiness = 10 },
            Cpu = new CpuResources { Shares = 512, Quota = 50000, Period = 200000, Burst = 1000, Cpus = "0", Mems = "0" },
            Pids = new PidsResources { Limit = 50 },
        }).Should().BeEmpty();
        test.Read("memory.limit_in_bytes", "memory").Should().Be("67108864");
        test.Read("memory.memsw.limit_in_bytes", "memory").Should().Be("134217728");
        test.Read("memory.soft_limit_in_bytes", "memory").Should().Be("33554432");
        test.Read("memory.swappiness", "memory").Should().Be("10");
        test.Read("cpu.shares", "cpu").Should().Be("512");
        test.Read("cpu.cfs_quota_us", "cpu").Should().Be("50000");
        test.Read("cpu.cfs_period_us", "cpu").Should().Be("200000");
        test.Read("cpu.cfs_burst_us", "cpu").Should().Be("1000");
        test.Read("cpuset.cpus", "cpuset").Should().Be("0");
        test.Read("pids.max", "pids").Should().Be("50");
    }

    [Fact]
    public void ApplyLimits_BlockIo_AreReadBack()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        var device = Directory.GetDirectories("/sys/block").Select(path => File.ReadAllText(path + "/dev").Trim().Split(':')).FirstOrDefault();
        Assert.SkipWhen(device is null, "this machine has no block device");
        var throttle = new ThrottleDevice
        {
            Major = long.Parse(device[0], CultureInfo.InvariantCulture),
            Minor = long.Parse(device[1], CultureInfo.InvariantCulture),
            Rate = 1048576,
        };
        test.Cgroup.ApplyLimits(new Resources { BlockIO = new BlockIoResources { ThrottleReadBpsDevice = [throttle], ThrottleWriteIOPSDevice = [throttle] } });
        test.Read("blkio.throttle.read_bps_device", "blkio").Should().Be($"{throttle.Major}:{throttle.Minor} 1048576");
        test.Read("blkio.throttle.write_iops_device", "blkio").Should().Be($"{throttle.Major}:{throttle.Minor} 1048576");
    }

    [Theory]
    [InlineData(32, 48, 64, 128)] // both grow past each other
    [InlineData(64, 128, 16, 24)] // both shrink past each other
    [InlineData(64, 128, 200, -1)]
    [InlineData(64, 128, -1, 0)]
    public void ApplyLimits_MemoryTwice_NeedsNoOrderOfTheCaller(long limit, long swap, long newLimit, long newSwap)
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        test.Cgroup.ApplyLimits(new Resources { Memory = new MemoryResources { Limit = limit << 20, Swap = swap << 20 } });
        test.Reopen();
        long Scale(long value) => value > 0 ? value << 20 : value;
        test.Cgroup.ApplyLimits(new Resources { Memory = new MemoryResources { Limit = Scale(newLimit), Swap = Scale(newSwap) } });
        var unlimited = File.ReadAllText("/sys/fs/cgroup/memory/memory.limit_in_bytes").Trim();
        test.Read("memory.limit_in_bytes", "memory").Should().Be(newLimit < 0 ? unlimited : $"{newLimit << 20}");
        test.Read("memory.memsw.limit_in_bytes", "memory").Should().Be(newSwap <= 0 ? unlimited : $"{newSwap << 20}");
    }

    [Fact]
    public void ApplyLimits_QuotaAndBurstTwice_NeedNoOrderOfTheCaller()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        foreach (var (quota, burst) in new[] { (20000, 20000), (90000, 80000), (10000, 5000) })
        {
            test.Cgroup.ApplyLimits(new Resources { Cpu = new CpuResources { Quota = quota, Period = 100000, Burst = (ulong)burst } });
            test.Read("cpu.cfs_quota_us", "cpu").Should().Be($"{quota}");
            test.Read("cpu.cfs_burst_us", "cpu").Should().Be($"{burst}");
        }
    }

    [Fact]
    public void ApplyLimits_RefusedValue_NamesFileValueErrnoAndPlace()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        var act = () => test.Cgroup.ApplyLimits(new Resources { Cpu = new CpuResources { Cpus = "4000" } });
        var error = act.Should().Throw<CgroupException>().Which;
        error.Message.Should().Contain($"write(\"{test.Cgroup.Paths["cpuset"]}/cpuset.cpus\", \"4000\"): ").And.EndWith("(ERANGE)");
        error.Place.Should().Be("/linux/resources/cpu/cpus");
        error.Errno.Should().Be(Errno.ERANGE);
    }

    [Fact]
    public void ApplyLimits_ControllerNotMounted_NamesIt()
    {
        using var test = new TestCgroup();
        Assert.SkipWhen(test.Cgroup.Paths.ContainsKey("rdma"), "this machine has the rdma controller");
        test.Cgroup.Create(null);
        var act = () => test.Cgroup.ApplyLimits(new Resources { Rdma = new Dictionary<string, RdmaLimit> { ["mlx5"] = new() { HcaHandles = 1 } } });
        act.Should().Throw<CgroupException>().Which.Message.Should().Contain("rdma controller");
    }

    [Fact]
    public void ApplyLimits_MemoryBelowUse_SaysHowMuchIsInUse()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        var process = test.Start("read go; x=$(head -c 8000000 /dev/zero | tr '\\0' x); echo ready; read go");
        test.Cgroup.AddProcess(process.Id);
        process.StandardInput.WriteLine("go");
        process.StandardOutput.ReadLine().Should().Be("ready");
        Assert.SkipWhen(File.ReadAllLines("/proc/swaps").Length > 1, "with swap the kernel makes room");
        var act = () => test.Cgroup.ApplyLimits(new Resources { Memory = new MemoryResources { Limit = 4096 } });
        var error = act.Should().Throw<CgroupException>().Which;
        error.Errno.Should().Be(Errno.EBUSY);
        error.Message.Should().Contain("memory.limit_in_bytes\", \"4096\"): device or resource busy (EBUSY): more is in use:");
        error.Place.Should().Be("/linux/resources/memory/limit");
    }

    [Fact]
    public void SetDevices_DefaultConfig_MatchesRunc()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        test.Cgroup.SetDevices(s_denyAll, unprivileged: false);
        test.Read("devices.list", "devices").Split('\n').Should().BeEquivalentTo(
            "c *:* m", "b *:* m", "c 1:3 rwm", "c 1:8 rwm", "c 1:7 rwm", "c 5:0 rwm", "c 1:5 rwm", "c 1:9 rwm", "c 136:* rwm", "c 5:2 rwm", "c 10:200 rwm");
    }

    [Fact]
    public void SetDevices_EmptyList_DeniesTheRest()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        test.Cgroup.SetDevices([], unprivileged: false);
        test.Run("head -c 1 /dev/zero >/dev/null").Should().Be(0);
        test.Run("head -c 1 /dev/kmsg >/dev/null 2>&1").Should().NotBe(0, "kmsg (1:11) is not in the list");
    }

    [Fact]
    public void SetDevices_Update_ChangesOnlyTheDifference()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        test.Cgroup.SetDevices([.. s_denyAll, new() { Allow = true, Type = "c", Major = 1, Minor = 11, Access = "rwm" }], unprivileged: false);
        test.Reopen();
        test.Cgroup.SetDevices([.. s_denyAll, new() { Allow = true, Type = "c", Major = 1, Minor = 11, Access = "w" }], unprivileged: false);
        test.Read("devices.list", "devices").Split('\n').Should().Contain("c 1:11 w").And.HaveCount(12);
        test.Cgroup.SetDevices([new() { Allow = true, Access = "rwm" }], unprivileged: false);
        test.Read("devices.list", "devices").Should().Be("a *:* rwm");
        test.Cgroup.SetDevices(s_denyAll, unprivileged: false);
        test.Read("devices.list", "devices").Split('\n').Should().HaveCount(11);
    }

    [Fact]
    public void Create_FrozenAbove_ThrowsAndLeavesNothing()
    {
        using var parent = new TestCgroup();
        parent.Cgroup.Create(null);
        parent.Cgroup.Freeze();
        parent.Cgroup.IsFrozen.Should().BeTrue();
        using var child = Cgroup.Plan(parent.Host, parent.Path + "/child", "child", rootless: false);
        var act = () => child.Create(null);
        act.Should().Throw<CgroupException>().Which.Message.Should().Contain("frozen").And.Contain(child.Paths["freezer"]);
        child.Created.Should().BeEmpty();
        foreach (var path in child.Paths.Values)
        {
            Directory.Exists(path).Should().BeFalse(path);
        }
        parent.Cgroup.Thaw();
        parent.Cgroup.IsFrozen.Should().BeFalse();
    }

    [Fact]
    public void Thaw_FrozenAbove_NamesThatCgroup()
    {
        using var parent = new TestCgroup();
        parent.Cgroup.Create(null);
        using var child = Cgroup.Plan(parent.Host, parent.Path + "/child", "child", rootless: false);
        child.Create(null);
        child.Freeze();
        parent.Cgroup.Freeze();
        var act = child.Thaw;
        act.Should().Throw<CgroupException>().Which.Message.Should().Contain("stays frozen, since " + parent.Cgroup.Paths["freezer"] + " above it");
        parent.Cgroup.Thaw();
        child.Thaw();
        child.IsFrozen.Should().BeFalse();
    }

    [Fact]
    public void ChangeLimits_OomKillerBackOn_IsWritten()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        var before = new Resources { Memory = new MemoryResources { DisableOOMKiller = true } };
        test.Cgroup.ApplyLimits(before);
        test.Read("memory.oom_control", "memory").Should().Contain("oom_kill_disable 1");
        var change = new Resources { Memory = new MemoryResources { DisableOOMKiller = false } };
        test.Cgroup.ChangeLimits(before, change, ResourceChange.Merge(before, change));
        test.Read("memory.oom_control", "memory").Should().Contain("oom_kill_disable 0");
    }

    [Fact]
    public void ChangeLimits_RefusedAfterFirstLimitOfDevice_LeavesNone()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        var device = Directory.GetDirectories("/sys/block").Select(path => File.ReadAllText(path + "/dev").Trim().Split(':')).FirstOrDefault();
        Assert.SkipWhen(device is null, "this machine has no block device");
        var good = new ThrottleDevice { Major = long.Parse(device[0], CultureInfo.InvariantCulture), Minor = long.Parse(device[1], CultureInfo.InvariantCulture), Rate = 1048576 };
        var change = new Resources { BlockIO = new BlockIoResources { ThrottleReadBpsDevice = [good, new ThrottleDevice { Major = 4000, Minor = 4000, Rate = 1 }] } };
        var act = () => test.Cgroup.ChangeLimits(null, change, change);
        act.Should().Throw<CgroupException>().Which.Place.Should().Be("/linux/resources/blockIO/throttleReadBpsDevice/1");
        test.Read("blkio.throttle.read_bps_device", "blkio").Should().BeEmpty();
    }

    [Fact]
    public void Create_Inhabited_ThrowsAndKeepsWhatWasThere()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        test.Cgroup.AddProcess(test.Start("exec sleep 60").Id);
        using var second = Cgroup.Plan(test.Host, test.Path, "second", rootless: false);
        var act = () => second.Create(null);
        act.Should().Throw<CgroupException>().Which.Message.Should().Contain("has processes already");
        foreach (var path in test.Cgroup.Paths.Values)
        {
            Directory.Exists(path).Should().BeTrue(path);
        }
    }

    [Fact]
    public void Delete_PreexistingCgroup_IsKept()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        using var second = Cgroup.Plan(test.Host, test.Path, "second", rootless: false);
        second.Create(null);
        second.Created.Should().BeEmpty();
        second.Delete(TimeSpan.Zero);
        Directory.Exists(test.Cgroup.Paths["memory"]).Should().BeTrue();
    }

    [Fact]
    public void Freeze_RunningProcess_StopsAndThawResumes()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        test.Cgroup.AddProcess(test.Start("while :; do :; done").Id);
        test.Cgroup.Freeze();
        test.Read("freezer.state", "freezer").Should().Be("FROZEN");
        test.Cgroup.Thaw();
        test.Read("freezer.state", "freezer").Should().Be("THAWED");
    }

    [Fact]
    public void KillAll_FrozenTreeWithForks_KillsAll()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        var process = test.Start("read go; sleep 60 & sleep 60 & sleep 60");
        test.Cgroup.AddProcess(process.Id);
        process.StandardInput.WriteLine("go");
        SpinWait.SpinUntil(() => test.Cgroup.Pids(recursive: true).Count == 4, 5000).Should().BeTrue();
        test.Cgroup.Freeze();
        test.Cgroup.KillAll();
        process.WaitForExit(5000).Should().BeTrue();
        test.Cgroup.Delete(TimeSpan.FromSeconds(10));
        Directory.Exists(test.Cgroup.Paths["freezer"]).Should().BeFalse();
    }

    [Fact]
    public void Delete_SubCgroupsOfTheContainer_GoToo()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        Directory.CreateDirectory(test.Cgroup.Paths["memory"] + "/x/y");
        test.Cgroup.Delete(TimeSpan.FromSeconds(5));
        Directory.Exists(test.Cgroup.Paths["memory"]).Should().BeFalse();
    }

    [Fact]
    public void Delete_LivingProcess_EndsInTimeAndNamesIt()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        var process = test.Start("exec sleep 60");
        test.Cgroup.AddProcess(process.Id);
        var act = () => test.Cgroup.Delete(TimeSpan.FromMilliseconds(50));
        act.Should().Throw<CgroupException>().Which.Message.Should().Contain("processes are left: ").And.Contain($"{process.Id} ").And.MatchRegex(@"\([A-Z]\)");
    }

    [Fact]
    public void OomKills_KilledProcess_IsCounted()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        test.Cgroup.OomKills()!.Kills.Should().Be(0);
        test.Cgroup.ApplyLimits(new Resources { Memory = new MemoryResources { Limit = 4 << 20, Swap = 4 << 20 } });
        test.Run("x=$(head -c 30000000 /dev/zero | tr '\\0' x)").Should().NotBe(0);
        var report = test.Cgroup.OomKills()!;
        report.Kills.Should().BePositive();
        report.Limit.Should().Be(4 << 20);
        report.Peak.Should().BeInRange(1 << 20, 4 << 20);
        report.ToString().Should().StartWith("killed for memory: limit 4194304 bytes, peak ");
    }

    [Fact]
    public void ApplyLimits_PidsZero_ForbidsForking()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        test.Cgroup.ApplyLimits(new Resources { Pids = new PidsResources { Limit = 0 } });
        test.Read("pids.max", "pids").Should().Be("0");
        test.Run("/bin/true; /bin/true").Should().NotBe(0);
    }
}
