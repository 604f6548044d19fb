using System.Globalization;
using OciRun.Linux;
using OciRun.Spec;

namespace OciRun.Cgroups.Tests;

/// <summary>On a unified hierarchy: of the machine, or in the private mount namespace that <see cref="PrivateV2Tests"/> makes.</summary>
public sealed class V2SystemTests
{
    private static readonly DeviceRule[] s_denyAll = [new() { Allow = false, Access = "rwm" }];

    public V2SystemTests() => TestCgroup.Need(v2: true);

    [Fact]
    public void Create_NewPath_MakesAndDeleteRemoves()
    {
        using var test = new TestCgroup("a/b");
        var intent = test.Cgroup.MissingDirectories();
        intent.Should().HaveCount(3);
        test.Cgroup.Create(null);
        test.Cgroup.Created.Should().Equal(intent);
        test.Cgroup.Open()!.Number.Should().BePositive();
        test.Cgroup.Delete(TimeSpan.FromSeconds(5));
        Directory.Exists(intent[0]).Should().BeFalse();
    }

    [Fact]
    public void Create_AllControllersOfTheRoot_AreEnabled()
    {
        using var test = new TestCgroup("a/b");
        test.Cgroup.Create(null);
        test.Read("cgroup.controllers").Split(' ').Should().BeEquivalentTo(File.ReadAllText("/sys/fs/cgroup/cgroup.controllers").Trim().Split(' '));
    }

    [Fact]
    public void ApplyLimits_AllControllers_AreReadBack()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        Need(test, "memory", "cpu", "pids", "cpuset");
        test.Cgroup.ApplyLimits(new Resources
        {
            Memory = new MemoryResources { Limit = 64 << 20, Swap = 64 << 20, Reservation = 32 << 20 },
            Cpu = new CpuResources { Shares = 512, Quota = 50000, Period = 200000, Burst = 1000, Cpus = "0", Mems = "0" },
            Pids = new PidsResources { Limit = 50 },
            Unified = new Dictionary<string, string> { ["memory.high"] = "50331648", ["cgroup.max.depth"] = "3" },
        }).Should().BeEmpty();
        test.Read("memory.max").Should().Be("67108864");
        test.Read("memory.low").Should().Be("33554432");
        test.Read("memory.high").Should().Be("50331648");
        test.Read("cpu.weight").Should().Be("59");
        test.Read("cpu.max").Should().Be("50000 200000");
        test.Read("cpu.max.burst").Should().Be("1000");
        test.Read("cpuset.cpus").Should().Be("0");
        test.Read("cpuset.mems").Should().Be("0");
        test.Read("pids.max").Should().Be("50");
        test.Read("cgroup.max.depth").Should().Be("3");
        if (File.Exists(test.Cgroup.Paths[""] + "/memory.swap.max"))
        {
            test.Read("memory.swap.max").Should().Be("0");
        }
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
        act.Should().Throw<CgroupException>().Which.Message.Should().Contain("stays frozen, since " + parent.Cgroup.Paths[""] + " above it");
        parent.Cgroup.Thaw();
        child.Thaw();
        child.IsFrozen.Should().BeFalse();
    }

    [Fact]
    public void ApplyLimits_Update_NeedsNoOrderOfTheCaller()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        Need(test, "cpu");
        foreach (var (quota, burst) in new[] { (20000, 20000), (90000, 80000), (10000, 5000) })
        {
            test.Cgroup.ApplyLimits(new Resources { Cpu = new CpuResources { Quota = quota, Burst = (ulong)burst } });
            test.Read("cpu.max").Should().Be($"{quota} 100000");
            test.Read("cpu.max.burst").Should().Be($"{burst}");
        }
        test.Cgroup.ApplyLimits(new Resources { Cpu = new CpuResources { Idle = 1, Shares = 1024 } });
        test.Read("cpu.idle").Should().Be("1");
        test.Cgroup.ApplyLimits(new Resources { Cpu = new CpuResources { Idle = 0, Shares = 1024 } });
        test.Read("cpu.weight").Should().Be("100");
    }

    [Fact]
    public void ApplyLimits_BelowUseWithCheck_IsRefused()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        Need(test, "memory");
        var act = () => test.Cgroup.ApplyLimits(new Resources { Memory = new MemoryResources { Limit = 1, CheckBeforeUpdate = true } });
        var process = test.Start("read go; x=$(head -c 8000000 /dev/zero | tr '\\0' x); echo ready; read go");
        test.Cgroup.AddProcess(process.Id);
        process.StandardInput.WriteLine("go");
        process.StandardOutput.ReadLine().Should().Be("ready");
        act.Should().Throw<CgroupException>().Which.Place.Should().Be("/linux/resources/memory/limit");
        test.Read("memory.max").Should().Be("max");
    }

    [Fact]
    public void ApplyLimits_BlockIo_AreReadBack()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        Need(test, "io");
        var device = Directory.GetDirectories("/sys/block").Select(path => File.ReadAllText(path + "/dev").Trim().Split(':')).FirstOrDefault();
        Assert.SkipWhen(device is null, "this machine has no block device");
        var major = long.Parse(device[0], CultureInfo.InvariantCulture);
        var minor = long.Parse(device[1], CultureInfo.InvariantCulture);
        test.Cgroup.ApplyLimits(new Resources
        {
            BlockIO = new BlockIoResources
            {
                ThrottleReadBpsDevice = [new ThrottleDevice { Major = major, Minor = minor, Rate = 1048576 }],
                ThrottleWriteIOPSDevice = [new ThrottleDevice { Major = major, Minor = minor, Rate = 77 }],
            },
        });
        test.Read("io.max").Should().Be($"{major}:{minor} rbps=1048576 wbps=max riops=max wiops=77");
    }

    [Fact]
    public void ApplyLimits_HugePages_AreReadBack()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        Need(test, "hugetlb");
        test.Cgroup.ApplyLimits(new Resources { HugepageLimits = [new HugepageLimit { PageSize = "2MB", Limit = 4194304 }] });
        test.Read("hugetlb.2MB.max").Should().Be("4194304");
        test.Read("hugetlb.2MB.rsvd.max").Should().Be("4194304");
        var act = () => test.Cgroup.ApplyLimits(new Resources { HugepageLimits = [new HugepageLimit { PageSize = "3MB", Limit = 0 }] });
        act.Should().Throw<CgroupException>().Which.Message.Should().EndWith("(ENOENT): this kernel has no huge pages of that size");
    }

    [Fact]
    public void ApplyLimits_ControllerMissing_NamesIt()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        Assert.SkipWhen(Controllers(test).Contains("memory"), "this machine has the memory controller");
        var act = () => test.Cgroup.ApplyLimits(new Resources { Memory = new MemoryResources { Limit = 1 << 20 } });
        var error = act.Should().Throw<CgroupException>().Which;
        error.Message.Should().Contain("the memory controller is not available");
        error.Place.Should().Be("/linux/resources/memory/limit");
    }

    [Fact]
    public void ApplyLimits_UnknownUnifiedFile_IsAnError()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        var act = () => test.Cgroup.ApplyLimits(new Resources { Unified = new Dictionary<string, string> { ["cgroup.nonsense"] = "1" } });
        act.Should().Throw<CgroupException>().Which.Place.Should().Be("/linux/resources/unified/cgroup.nonsense");
    }

    [Fact]
    public void SetDevices_DefaultConfig_DeniesOthers()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        test.Run("head -c 0 /dev/kmsg").Should().Be(0);
        test.Cgroup.SetDevices(s_denyAll, unprivileged: false);
        test.Run("head -c 1 /dev/zero >/dev/null").Should().Be(0);
        test.Run("head -c 0 /dev/kmsg 2>/dev/null").Should().NotBe(0);
        Bpf.QueryDeviceFilters(test.Cgroup.Open()!).Should().ContainSingle();
    }

    [Fact]
    public void SetDevices_Update_ReplacesTheFilter()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        test.Cgroup.SetDevices(s_denyAll, unprivileged: false);
        test.Reopen();
        test.Cgroup.SetDevices([new() { Allow = true, Type = "c", Major = 1, Minor = 11, Access = "r" }], unprivileged: false);
        Bpf.QueryDeviceFilters(test.Cgroup.Open()!).Should().ContainSingle();
        test.Run("head -c 0 /dev/kmsg").Should().Be(0);
        test.Run("exec 3>/dev/kmsg").Should().NotBe(0);
        test.Cgroup.SetDevices([new() { Allow = true }], unprivileged: false);
        Bpf.QueryDeviceFilters(test.Cgroup.Open()!).Should().ContainSingle();
        test.Run("exec 3>/dev/kmsg").Should().Be(0);
    }

    [Fact]
    public void SetDevices_FiltersOfOthers_AreReplacedByOne()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        for (var i = 0; i < 2; i++)
        {
            using var other = Bpf.LoadDeviceFilter(DeviceProgram.Compile([new DeviceEntry(true, DeviceKinds.All, -1, -1, DeviceAccess.All, "")]));
            Bpf.AttachDeviceFilter(test.Cgroup.Open()!, other);
        }
        test.Reopen();
        test.Cgroup.SetDevices(s_denyAll, unprivileged: false);
        Bpf.QueryDeviceFilters(test.Cgroup.Open()!).Should().ContainSingle();
        test.Run("head -c 0 /dev/kmsg 2>/dev/null").Should().NotBe(0);
    }

    [Fact]
    public void DeviceProgram_RandomRules_PassTheVerifier()
    {
        var random = new Random(4712);
        for (var round = 0; round < 300; round++)
        {
            using var filter = Bpf.LoadDeviceFilter(DeviceProgram.Compile(DeviceRulesTests.RandomEntries(random)));
        }
    }

    [Theory]
    [InlineData(false, 1000)]
    [InlineData(true, 9000)]
    public void DeviceProgram_ManyRules_PassTheVerifier(bool allow, int count)
    {
        var entries = Enumerable.Range(0, count).Select(i => new DeviceEntry(allow, DeviceKinds.Character, i / 10, i % 10, DeviceAccess.All, "")).ToList();
        using var filter = Bpf.LoadDeviceFilter(DeviceProgram.Compile(entries));
    }

    [Fact]
    public void SetDevices_PrivilegedNewCgroup_NeedsNoFilter()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        test.Cgroup.SetDevices([new() { Allow = true, Access = "rwm" }], unprivileged: false);
        Bpf.QueryDeviceFilters(test.Cgroup.Open()!).Should().BeEmpty();
    }

    [Fact]
    public void SetDevices_ManyMixedRules_PassTheVerifier()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        var random = new Random(42);
        var rules = new DeviceRule[500];
        for (var i = 0; i < rules.Length; i++)
        {
            rules[i] = new DeviceRule { Allow = random.Next(2) == 0, Type = random.Next(2) == 0 ? "c" : "b", Major = 200 + random.Next(50), Minor = random.Next(3) == 0 ? null : random.Next(50), Access = random.Next(2) == 0 ? "r" : "rw" };
        }
        test.Cgroup.SetDevices(rules, unprivileged: false);
        Bpf.QueryDeviceFilters(test.Cgroup.Open()!).Should().ContainSingle();
    }

    [Fact]
    public void Create_FrozenAbove_ThrowsAndLeavesNothing()
    {
        using var parent = new TestCgroup();
        parent.Cgroup.Create(null);
        parent.Cgroup.Freeze();
        using var child = Cgroup.Plan(parent.Host, parent.Path + "/child", "child", rootless: false);
        var act = () => child.Create(null);
        act.Should().Throw<CgroupException>().Which.Message.Should().Contain("frozen").And.Contain(child.Paths[""]);
        Directory.Exists(child.Paths[""]).Should().BeFalse();
        parent.Cgroup.Thaw();
        parent.Cgroup.IsFrozen.Should().BeFalse();
    }

    [Fact]
    public void Create_Inhabited_Throws()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        test.Cgroup.AddProcess(test.Start("exec sleep 60").Id);
        using var second = Cgroup.Plan(test.Host, test.Path, "second", rootless: false);
        var act = () => second.Create(null);
        act.Should().Throw<CgroupException>().Which.Message.Should().Contain("has processes already");
        Directory.Exists(test.Cgroup.Paths[""]).Should().BeTrue();
    }

    [Fact]
    public void Freeze_RunningProcess_StopsAndThawResumes()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        test.Cgroup.AddProcess(test.Start("while :; do :; done").Id);
        test.Cgroup.Freeze();
        test.Cgroup.IsFrozen.Should().BeTrue();
        test.Cgroup.Thaw();
        SpinWait.SpinUntil(() => !test.Cgroup.IsFrozen, 1000).Should().BeTrue();
    }

    [Fact]
    public void KillAll_FrozenTree_DiesAndDeleteRemoves()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        var process = test.Start("read go; sleep 60 & sleep 60 & sleep 60");
        test.Cgroup.AddProcess(process.Id);
        process.StandardInput.WriteLine("go");
        SpinWait.SpinUntil(() => test.Cgroup.Pids(recursive: true).Count == 4, 5000).Should().BeTrue();
        test.Cgroup.Freeze();
        Directory.CreateDirectory(test.Cgroup.Paths[""] + "/inner");
        test.Cgroup.KillAll();
        test.Cgroup.Delete(TimeSpan.FromSeconds(10));
        Directory.Exists(test.Cgroup.Paths[""]).Should().BeFalse();
    }

    [Fact]
    public void Pids_Recursive_ListsSubCgroups()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        Directory.CreateDirectory(test.Cgroup.Paths[""] + "/inner");
        var process = test.Start("exec sleep 60");
        File.WriteAllText(test.Cgroup.Paths[""] + "/inner/cgroup.procs", $"{process.Id}");
        test.Cgroup.Pids(recursive: false).Should().BeEmpty();
        test.Cgroup.Pids(recursive: true).Should().Equal(process.Id);
    }

    [Fact]
    public void Delete_LivingProcess_EndsInTimeAndNamesIt()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        var process = test.Start("exec sleep 60");
        test.Cgroup.AddProcess(process.Id);
        var act = () => test.Cgroup.Delete(TimeSpan.FromMilliseconds(50));
        act.Should().Throw<CgroupException>().Which.Message.Should().Contain("processes are left: ").And.Contain($"{process.Id} ");
    }

    [Fact]
    public void OomKills_KilledProcess_IsCounted()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        Need(test, "memory");
        test.Cgroup.ApplyLimits(new Resources { Memory = new MemoryResources { Limit = 4 << 20, Swap = 4 << 20 } });
        test.Run("x=$(head -c 30000000 /dev/zero | tr '\\0' x)").Should().NotBe(0);
        var report = test.Cgroup.OomKills()!;
        report.Kills.Should().BePositive();
        report.Limit.Should().Be(4 << 20);
    }

    [Fact]
    public void Delegate_NewCgroup_GivesOnlyTheListedFiles()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        test.Cgroup.Delegate(100000);
        var process = test.Start($"stat -c %u {test.Cgroup.Paths[""]} {test.Cgroup.Paths[""]}/cgroup.procs {test.Cgroup.Paths[""]}/cgroup.subtree_control {test.Cgroup.Paths[""]}/cgroup.threads {test.Cgroup.Paths[""]}/cgroup.max.depth {test.Cgroup.Paths[""]}/cgroup.freeze");
        process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().Equal("100000", "100000", "100000", "100000", "0", "0");
    }

    [Fact]
    public void Create_BelowInhabitedThreadedTree_ExplainsOrBecomesThreaded()
    {
        using var test = new TestCgroup();
        test.Cgroup.Create(null);
        Need(test, "memory", "pids");
        Directory.CreateDirectory(test.Cgroup.Paths[""] + "/threads");
        File.WriteAllText(test.Cgroup.Paths[""] + "/threads/cgroup.type", "threaded");
        using var invalid = Cgroup.Plan(test.Host, test.Path + "/c", "c", rootless: false);
        var act = () => invalid.Create(new Resources { Memory = new MemoryResources { Limit = 1 << 20 } });
        act.Should().Throw<CgroupException>().Which.Message.Should().Contain("type \"domain invalid\"").And.Contain("memory controller");
        Directory.Exists(invalid.Paths[""]).Should().BeFalse();
        using var threaded = Cgroup.Plan(test.Host, test.Path + "/d", "d", rootless: false);
        threaded.Create(new Resources { Pids = new PidsResources { Limit = 10 } });
        File.ReadAllText(threaded.Paths[""] + "/cgroup.type").Should().Be("threaded\n");
    }

    private static string[] Controllers(TestCgroup test) => test.Read("cgroup.controllers").Split(' ');

    private static void Need(TestCgroup test, params string[] controllers)
    {
        foreach (var controller in controllers)
        {
            Assert.SkipUnless(Controllers(test).Contains(controller), $"the unified hierarchy here has no {controller} controller");
        }
    }
}
