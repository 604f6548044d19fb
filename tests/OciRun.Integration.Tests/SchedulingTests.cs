namespace OciRun.Integration;

/// <summary>How the kernel treats the program: scheduler, I/O priority, memory policy, clocks (S87, S90, S129, S185), read back from inside.</summary>
public sealed class SchedulingTests : IntegrationTest
{
    private const int PriorityField = 15, NiceField = 16, RealTimeField = 37, PolicyField = 38; // proc_pid_stat(5), less pid and name

    [Theory]
    [InlineData("SCHED_OTHER", 0, 5)]
    [InlineData("SCHED_BATCH", 3, 7)]
    [InlineData("SCHED_IDLE", 5, 0)]
    public void Scheduler_PolicyAndNice_AreSet(string policy, int number, int nice)
    {
        var stat = Stat(StatContainer().Set("/process/scheduler", new JsonObject { ["policy"] = policy, ["nice"] = nice }).Run().ShouldExit(0).Output);
        stat[PolicyField].Should().Be($"{number}");
        if (policy != "SCHED_IDLE")
            stat[NiceField].Should().Be($"{nice}");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Scheduler_NegativeNiceOfAUser_IsSet(bool userNamespace)
    {
        Assert.SkipUnless(RuntimeUnderTest.IsOurs || !userNamespace, "in a user namespace the others set it with the container's credentials: EPERM");
        var container = StatContainer().Set("/process/user/uid", 1000).Set("/process/scheduler", new JsonObject { ["policy"] = "SCHED_OTHER", ["nice"] = -5 });
        Stat((userNamespace ? container.UserNamespace() : container).Run().ShouldExit(0).Output)[NiceField].Should().Be("-5");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Scheduler_RealTime_IsSet(bool userNamespace)
    {
        Assert.SkipUnless(RuntimeUnderTest.IsOurs || !userNamespace, "in a user namespace the others set it with the container's credentials: EPERM");
        Assert.SkipWhen(CgroupView.IsUnified && Sandbox.Program("chrt", "--rr", "1", "true").Run().ExitCode != 0, "the kernel has no real-time budget for a cgroup of v2 (RT_GROUP_SCHED)");
        var container = StatContainer().Set("/process/scheduler", new JsonObject { ["policy"] = "SCHED_RR", ["priority"] = 3, ["flags"] = new JsonArray("SCHED_FLAG_RESET_ON_FORK") });
        // Where the kernel groups real-time tasks (RT_GROUP_SCHED), a cgroup of v1 has no budget of its own at first.
        if (!CgroupView.IsUnified && File.Exists("/sys/fs/cgroup/cpu/cpu.rt_runtime_us"))
            container.Set("/linux/resources/cpu", new JsonObject { ["realtimeRuntime"] = 1000, ["realtimePeriod"] = 1000000 });
        // Read by the program itself: a child is reset.
        string output = (userNamespace ? container.UserNamespace() : container).Probe("read", "/proc/self/stat").Run().ShouldExit(0).Output;
        var stat = Stat(output);
        stat[PolicyField].Should().Be("2");
        stat[RealTimeField].Should().Be("3");
        stat[PriorityField].Should().Be("-4");
    }

    [Fact]
    public void Scheduler_RealTimeWithoutBudget_SaysWhatIsMissing()
    {
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "the hint is ours");
        Assert.SkipUnless(!CgroupView.IsUnified && File.Exists("/sys/fs/cgroup/cpu/cpu.rt_runtime_us"), "needs a cgroup that real-time tasks have no budget in (v1, RT_GROUP_SCHED)");
        StatContainer().Set("/process/scheduler", new JsonObject { ["policy"] = "SCHED_FIFO", ["priority"] = 1 }).TryCreate()
            .ShouldFailWith("/process/scheduler", "SCHED_FIFO", "EPERM", "realtimeRuntime");
    }

    [Fact]
    public void Scheduler_OfExec_IsThatOfItsDocument()
    {
        var container = NewContainer().Args("sleep", "60").RunDetached();
        var document = new JsonObject
        {
            ["cwd"] = "/",
            ["args"] = new JsonArray("cat", "/proc/self/stat"),
            ["env"] = new JsonArray("PATH=/bin"),
            ["user"] = new JsonObject { ["uid"] = 0, ["gid"] = 0 },
            ["scheduler"] = new JsonObject { ["policy"] = "SCHED_BATCH", ["nice"] = 3 },
        };
        Stat(container.ExecDocument(document).ShouldExit(0).Output)[PolicyField].Should().Be("3");
    }

    [Theory]
    [InlineData("IOPRIO_CLASS_BE", 6, "best-effort: prio 6", false)]
    [InlineData("IOPRIO_CLASS_IDLE", 7, "idle", false)]
    [InlineData("IOPRIO_CLASS_RT", 2, "realtime: prio 2", false)]
    [InlineData("IOPRIO_CLASS_RT", 2, "realtime: prio 2", true)]
    public void IoPriority_ClassAndLevel_AreSet(string name, int level, string seen, bool userNamespace)
    {
        Assert.SkipUnless(RuntimeUnderTest.IsOurs || !userNamespace, "in a user namespace the others set it with the container's credentials: EPERM");
        var container = NewContainer().Args("ionice", "-p", "1").Set("/process/ioPriority", new JsonObject { ["class"] = name, ["priority"] = level });
        (userNamespace ? container.UserNamespace() : container).Run().ShouldExit(0).Output.Should().StartWith(seen);
    }

    [ClaimTheory("S185: memory policy; runc has it since 1.4, crun since 1.26")]
    [InlineData("MPOL_BIND", "0", null, "bind:0")]
    [InlineData("MPOL_PREFERRED", "0", null, "prefer:0")]
    [InlineData("MPOL_INTERLEAVE", "0", "MPOL_F_STATIC_NODES", "interleave=static:0")]
    [InlineData("MPOL_LOCAL", null, null, "local")]
    [InlineData("MPOL_DEFAULT", "", null, "default")]
    public void MemoryPolicy_Mode_IsWhatNumaMapsShows(string mode, string? nodes, string? flag, string seen)
    {
        Assert.SkipUnless(File.Exists("/proc/self/numa_maps"), "this kernel has no NUMA");
        var policy = new JsonObject { ["mode"] = mode };
        if (nodes is not null)
            policy["nodes"] = nodes;
        if (flag is not null)
            policy["flags"] = new JsonArray(flag);
        NewContainer().Args("cat", "/proc/self/numa_maps").Set("/linux/memoryPolicy", policy).Run().ShouldExit(0)
            .Output.Split('\n')[0].Split(' ')[1].Should().Be(seen);
    }

    [ClaimFact("S185: the policy is that of exec, too")]
    public void MemoryPolicy_OfExec_IsTheContainers()
    {
        Assert.SkipUnless(File.Exists("/proc/self/numa_maps"), "this kernel has no NUMA");
        var container = NewContainer().Args("sleep", "60").Set("/linux/memoryPolicy", new JsonObject { ["mode"] = "MPOL_BIND", ["nodes"] = "0" }).RunDetached();
        container.Exec([], "cat", "/proc/self/numa_maps").ShouldExit(0).Output.Should().Contain(" bind:0 ");
    }

    [ClaimFact("S185: the node that is not there is named")]
    public void MemoryPolicy_NodeOffline_Fails()
    {
        Assert.SkipUnless(File.Exists("/proc/self/numa_maps"), "this kernel has no NUMA");
        NewContainer().Set("/linux/memoryPolicy", new JsonObject { ["mode"] = "MPOL_BIND", ["nodes"] = "4000" }).TryCreate()
            .ShouldFailWith("/linux/memoryPolicy", "MPOL_BIND", "EINVAL", "online");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TimeOffsets_BothClocks_AreSeen(bool userNamespace)
    {
        Assert.SkipUnless(File.Exists("/proc/self/ns/time"), "this kernel has no time namespaces");
        var container = NewContainer().Args("sh", "-c", "cat /proc/self/timens_offsets /proc/uptime")
            .Add("/linux/namespaces", new JsonObject { ["type"] = "time" })
            .Set("/linux/timeOffsets", new JsonObject
            {
                ["monotonic"] = new JsonObject { ["secs"] = 1000, ["nanosecs"] = 500 },
                ["boottime"] = new JsonObject { ["secs"] = 1_000_000 },
            });
        string[] lines = (userNamespace ? container.UserNamespace() : container).Run().ShouldExit(0).Output.Split('\n');
        lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Should().Equal("monotonic", "1000", "500");
        lines[1].Split(' ', StringSplitOptions.RemoveEmptyEntries).Should().Equal("boottime", "1000000", "0");
        double.Parse(lines[2].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture).Should().BeGreaterThan(1_000_000);
    }

    private Container StatContainer() => NewContainer().Args("cat", "/proc/self/stat");

    /// <summary>What follows the name, proc_pid_stat(5).</summary>
    private static string[] Stat(string text) => text[(text.LastIndexOf(')') + 2)..].Split(' ');
}
