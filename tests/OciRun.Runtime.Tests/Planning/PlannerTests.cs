using OciRun.Cgroups;
using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Runtime.Planning;
using OciRun.Spec;

namespace OciRun.Runtime.Tests.Planning;

/// <summary>Plans are data: what create would do, looked at without root and without doing it.</summary>
public sealed class PlannerTests
{
    private static readonly HostFacts s_root = new() { Uid = 0, Gid = 0, InitialUserNamespace = true, Capabilities = (1UL << 41) - 1, LastCapability = 40 };
    private static readonly HostFacts s_user = s_root with { Uid = 1000, Gid = 1000, Capabilities = 0 };

    [Fact]
    public void Plan_DefaultConfig_FollowsTheOrder()
    {
        List<PlanOp> ops = Ops(Plan(Config()));
        ops.Should().ContainInOrder(
            PlanOp.ParentDeath, PlanOp.AwaitGo, PlanOp.Dumpable, PlanOp.SetSid, PlanOp.Propagation, PlanOp.Rootfs, PlanOp.FsOpen, PlanOp.Attach, PlanOp.MakeNode,
            PlanOp.Symlink, PlanOp.Loopback, PlanOp.Pivot, PlanOp.RootAttr, PlanOp.Hostname, PlanOp.ReadonlyPath, PlanOp.MaskPath, PlanOp.Chdir,
            PlanOp.NoNewPrivs, PlanOp.Credentials, PlanOp.ChdirFinal, PlanOp.Lookup, PlanOp.Ready, PlanOp.AwaitStart, PlanOp.Exec);
    }

    [Fact]
    public void Plan_Scheduling_IsTheStages()
    {
        ContainerPlan plan = Plan(Scheduled(Config()));
        plan.HostSteps.Should().BeEmpty();
        Ops(plan).Should().ContainInOrder(PlanOp.Pivot, PlanOp.Scheduler, PlanOp.IoPriority, PlanOp.MemoryPolicy, PlanOp.Credentials);
        PlanStep memory = plan.Steps.Single(step => step.Op == PlanOp.MemoryPolicy);
        (memory.N0, memory.N1).Should().Be((2u | 1u << 15, 64u), "MPOL_BIND | MPOL_F_STATIC_NODES");
        memory.S0.Should().BeEquivalentTo(new byte[] { 0b1011, 0, 0, 0, 0, 0, 0, 0 });
        byte[] attributes = (byte[])plan.Steps.Single(step => step.Op == PlanOp.Scheduler).S0!;
        (attributes[0], attributes[4], attributes[8], attributes[20]).Should().Be((56, 1, 1, 10), "size, SCHED_FIFO, SCHED_FLAG_RESET_ON_FORK, priority");
    }

    [Fact]
    public void Plan_SchedulingInAUserNamespace_IsOurs()
    {
        ContainerPlan plan = Plan(WithUserNamespace(Scheduled(Config())));
        plan.HostSteps.Select(step => step.Op).Should().Equal(PlanOp.Scheduler, PlanOp.IoPriority);
        Ops(plan).Should().NotContain([PlanOp.Scheduler, PlanOp.IoPriority]).And.Contain(PlanOp.MemoryPolicy);
        plan.Steps.Should().Contain(step => step.Op == PlanOp.Sync && step.N0 == (uint)StageMessageType.Limits);
    }

    [Fact]
    public void Plan_MemoryPolicyAndCpuset_TheCpusetComesFirst()
    {
        RuntimeConfig config = Scheduled(Config());
        Plan(config).WaitsAfterMounts.Should().BeFalse();
        config.Linux!.Resources = new Resources { Cpu = new CpuResources { Mems = "0" } };
        Plan(config).WaitsAfterMounts.Should().BeTrue();
    }

    [Fact]
    public void Plan_NetDevices_AreAskedForBeforeThePivot()
    {
        RuntimeConfig config = Config();
        config.Linux!.NetDevices = new() { ["eth1"] = new NetDevice() };
        ContainerPlan plan = Plan(config);
        PlanStep sync = plan.Steps.Single(step => step.Place == "/linux/netDevices");
        (sync.Op, sync.Flags, sync.N0).Should().Be((PlanOp.Sync, StepFlags.SyncNetlink, (uint)StageMessageType.Netsock));
        Ops(plan).Should().ContainInOrder(PlanOp.Loopback, PlanOp.Sync, PlanOp.Pivot);
    }

    [Theory]
    [InlineData(null, "context")]
    [InlineData("rootcontext", "rootcontext")]
    public void Plan_MountLabel_TakesItsTypeFromTheAnnotation(string? annotation, string key)
    {
        RuntimeConfig config = Config();
        config.Linux!.MountLabel = "system_u:object_r:container_file_t:s0:c1,c2";
        config.Annotations = annotation is null ? null : new() { ["run.oci.mount_context_type"] = annotation };
        Plan(config, s_root with { SelinuxEnabled = true }).Steps.Should().Contain(step => step.Op == PlanOp.FsSet && (string)step.S0! == key && (string)step.S1! == config.Linux.MountLabel);
    }

    [Theory]
    [InlineData("/linux/mountLabel", "l", null, null)]
    [InlineData("/process/selinuxLabel", null, "l", null)]
    [InlineData("/process/apparmorProfile", null, null, "l")]
    public void Plan_LabelOfAModuleThatIsNotThere_IsAnError(string place, string? mount, string? selinux, string? apparmor)
    {
        RuntimeConfig config = Config();
        (config.Linux!.MountLabel, config.Process!.SelinuxLabel, config.Process.ApparmorProfile) = (mount, selinux, apparmor);
        FluentActions.Invoking(() => Plan(config)).Should().Throw<ContainerException>().Which.Place.Should().Be(place);
    }

    [Fact]
    public void Plan_NoUserNamespace_NeedsNoFork()
    {
        ContainerPlan plan = Plan(Config());
        Ops(plan).Should().NotContain([PlanOp.Fork, PlanOp.Opener, PlanOp.Born]);
        plan.SpawnFlags.Should().HaveFlag(CloneFlags.NewPid).And.HaveFlag(CloneFlags.NewNamespace).And.NotHaveFlag(CloneFlags.NewCgroup, "we are not in the final cgroup yet");
        plan.Steps.Should().ContainSingle(s => s.Op == PlanOp.Unshare).Which.U0.Should().Be((ulong)CloneFlags.NewCgroup);
    }

    [Fact]
    public void Plan_UserNamespace_OpensSourcesWithTheHostsCredentials()
    {
        RuntimeConfig config = WithUserNamespace(Config());
        config.Mounts = [.. config.Mounts!, new Mount { Destination = "/data", Source = "/srv", Options = ["bind", "ro"] }];
        ContainerPlan plan = Plan(config);
        plan.SpawnFlags.Should().Be(CloneFlags.None, "a user namespace in clone3 would lose all capabilities at execveat");
        Ops(plan).Should().ContainInOrder(PlanOp.Opener, PlanOp.Unshare, PlanOp.IdMaps, PlanOp.Become, PlanOp.Unshare, PlanOp.Fork, PlanOp.Born, PlanOp.SetSid);
        Step(plan, "/mounts/7", PlanOp.Tree).Flags.Should().HaveFlag(StepFlags.TreeByOpener);
        plan.Steps.Should().NotContain(s => s.Op == PlanOp.MakeNode, "mknod is not allowed there: devices are bound");
    }

    [Fact]
    public void Plan_Rootless_HasNoOpener() => Ops(Plan(WithUserNamespace(Config()), s_user)).Should().NotContain(PlanOp.Opener);

    [Fact]
    public void Plan_RootNotMapped_BecomesTheFirstMappedId()
    {
        RuntimeConfig config = WithUserNamespace(Config());
        config.Linux!.UidMappings = [new IdMapping { ContainerID = 1000, HostID = 1000, Size = 1 }];
        config.Process!.User = new User { Uid = 1000 };
        Plan(config).Steps.Should().ContainSingle(s => s.Op == PlanOp.Become).Which.N0.Should().Be(1000);
    }

    [Fact]
    public void Plan_MaskedPaths_TakeTheHostsNullBeforeThePivot()
    {
        ContainerPlan plan = Plan(Config());
        int open = plan.Steps.FindIndex(s => s.Op == PlanOp.Tree && s.Flags.HasFlag(StepFlags.TreeKeepMask));
        open.Should().BePositive().And.BeLessThan(plan.Steps.FindIndex(s => s.Op == PlanOp.Pivot));
        plan.Steps[open].U0.Should().Be(DeviceSteps.DeviceNumber(1, 3));
    }

    [Fact]
    public void Plan_Limits_ComeAfterTheWait()
    {
        RuntimeConfig config = Config();
        config.Process!.Rlimits = [new Rlimit { Type = "RLIMIT_NOFILE", Soft = 3, Hard = 3 }];
        Ops(Plan(config)).Should().ContainInOrder(PlanOp.AwaitStart, PlanOp.ResourceLimit, PlanOp.Exec);
    }

    [Fact]
    public void Plan_RaisedLimit_IsOurs()
    {
        RuntimeConfig config = Config();
        config.Process!.Rlimits = [new Rlimit { Type = "RLIMIT_NOFILE", Soft = 3, Hard = 5000 }];
        ContainerPlan plan = Plan(config, s_root with { HardLimits = Enumerable.Repeat(4096UL, 16).ToArray() });
        plan.RaisedLimits.Should().ContainSingle();
        Ops(plan).Should().ContainInOrder(PlanOp.Sync, PlanOp.Credentials).And.NotContain(PlanOp.ResourceLimit);
    }

    [Fact]
    public void Plan_SeccompWithoutNoNewPrivileges_DropsTheLoadersCapabilityAfterwards()
    {
        RuntimeConfig config = Config();
        config.Process!.NoNewPrivileges = false;
        Ops(Plan(config, seccomp: true)).Should().ContainInOrder(PlanOp.Credentials, PlanOp.AwaitStart, PlanOp.Seccomp, PlanOp.CapsAgain, PlanOp.Exec);
        config.Process.NoNewPrivileges = true;
        Ops(Plan(config, seccomp: true)).Should().ContainInOrder(PlanOp.NoNewPrivs, PlanOp.AwaitStart, PlanOp.Seccomp, PlanOp.Exec).And.NotContain(PlanOp.CapsAgain);
    }

    [Fact]
    public void Plan_NoMountNamespace_LeavesTheHostsMountTreeAlone()
    {
        RuntimeConfig config = Config();
        config.Mounts = [];
        config.Linux!.Namespaces = [new LinuxNamespace { Type = "pid" }];
        config.Linux.MaskedPaths = config.Linux.ReadonlyPaths = null;
        config.Root!.Readonly = false;
        ContainerPlan plan = Plan(config);
        Ops(plan).Should().NotContain(PlanOp.Propagation);
        Step(plan, "/root/path", PlanOp.Pivot).Flags.Should().Be(StepFlags.PivotChroot);
    }

    [Theory]
    [InlineData("/proc")]
    [InlineData("/proc/self")]
    [InlineData("/proc/../proc/sys")]
    [InlineData("proc/self/attr")]
    public void Plan_MountOverProc_IsRefused(string destination)
    {
        RuntimeConfig config = Config();
        config.Mounts = [.. config.Mounts!, new Mount { Destination = destination, Source = "tmpfs", Type = "tmpfs" }];
        ((Action)(() => Plan(config))).Should().Throw<ContainerException>().Which.Place.Should().Be("/mounts/7");
    }

    [Fact]
    public void Plan_ProcAndSys_GoOnlyOnPlainDirectories() =>
        Step(Plan(Config()), "/mounts/0", PlanOp.Attach).Flags.Should().HaveFlag(StepFlags.AttachPlain).And.HaveFlag(StepFlags.AttachDir);

    [Fact]
    public void Plan_DevptsGroupNotMapped_IsLeftOut()
    {
        RuntimeConfig config = WithUserNamespace(Config());
        config.Linux!.GidMappings = [new IdMapping { ContainerID = 0, HostID = 1000, Size = 1 }];
        Plan(config).Steps.Should().NotContain(s => s.Op == PlanOp.FsSet && (string?)s.S0 == "gid");
        Plan(Config()).Steps.Should().Contain(s => s.Op == PlanOp.FsSet && (string?)s.S0 == "gid");
    }

    [Fact]
    public void Plan_SysfsWithTheHostsNetworkInAUserNamespace_BindsTheHosts()
    {
        RuntimeConfig config = WithUserNamespace(Config());
        config.Linux!.Namespaces = config.Linux.Namespaces!.Where(n => n.Type != "network").ToArray();
        int index = Array.FindIndex(config.Mounts!, m => m.Type == "sysfs");
        PlanStep tree = Step(Plan(config), $"/mounts/{index}", PlanOp.Tree);
        tree.S0.Should().Be("/sys");
        tree.Flags.Should().HaveFlag(StepFlags.TreeRecursive);
    }

    [Fact]
    public void Plan_UserNotMapped_IsRefusedWithItsPlace()
    {
        RuntimeConfig config = WithUserNamespace(Config());
        config.Process!.User = new User { Uid = 70000 };
        ((Action)(() => Plan(config))).Should().Throw<ContainerException>().Which.Place.Should().Be("/process/user/uid");
    }

    [Fact]
    public void Plan_CapabilityThatWeLack_IsAWarningThatNamesIt()
    {
        RuntimeConfig config = Config();
        config.Process!.Capabilities!.Bounding = ["CAP_KILL", "CAP_SYS_RESOURCE"];
        HostFacts host = s_root with { Capabilities = s_root.Capabilities & ~(1UL << 24) };
        Plan(config, host).Warnings.Should().ContainSingle().Which.Should().Contain("CAP_SYS_RESOURCE");
        Plan(config).Warnings.Should().BeEmpty();
    }

    [Fact]
    public void Plan_HooksOrCopyUp_WaitAfterTheMounts()
    {
        RuntimeConfig config = Config();
        Plan(config).WaitsAfterMounts.Should().BeFalse();
        config.Hooks = new OciRun.Spec.Hooks { CreateRuntime = [new Hook { Path = "/bin/true" }] };
        Plan(config).WaitsAfterMounts.Should().BeTrue();
        config.Hooks = null;
        config.Mounts![^1].Options = ["tmpcopyup"];
        Ops(Plan(config)).Should().ContainInOrder(PlanOp.TreeCopyUp, PlanOp.Sync, PlanOp.Pivot);
    }

    [Theory]
    [InlineData(CgroupMode.V1, true)]
    [InlineData(CgroupMode.Hybrid, true)]
    [InlineData(CgroupMode.V2, false)]
    public void Plan_DeviceRulesThatComeOneByOne_AreSetAfterTheNodesAreMade(CgroupMode mode, bool waits)
    {
        RuntimeConfig config = Config();
        config.Mounts = [];
        var request = new PlanRequest("id", "/bundle")
        {
            CgroupHost = new CgroupHost(mode, () => "", () => ""),
            CgroupPaths = new Dictionary<string, string>(),
            CreatingState = "{}",
            CreatedState = "{}",
        };
        ContainerPlan plan = Planner.Plan(config, s_root with { HardLimits = Enumerable.Repeat(ulong.MaxValue, 16).ToArray() }, request);
        plan.WaitsAfterMounts.Should().Be(waits);
        if (waits)
            Ops(plan).Should().ContainInOrder(PlanOp.MakeNode, PlanOp.Sync, PlanOp.Pivot);
    }

    [Fact]
    public void Plan_ReadonlyRoot_HasItsWorkingDirectoryMadeBefore()
    {
        RuntimeConfig config = Config();
        config.Process!.Cwd = "/new/dir";
        Ops(Plan(config)).Should().ContainInOrder(PlanOp.Pivot, PlanOp.MakeDirectory, PlanOp.RootAttr);
        config.Root!.Readonly = false;
        Ops(Plan(config)).Should().NotContain(PlanOp.MakeDirectory, "it is made as it is entered");
    }

    [Theory]
    [InlineData(CgroupMode.Hybrid, true)]
    [InlineData(CgroupMode.Hybrid, false)]
    [InlineData(CgroupMode.V2, true)]
    public void Plan_CgroupMountWithoutCgroups_IsReadOnlyWhereAskedFor(CgroupMode mode, bool readOnly)
    {
        // An ordinary user without a cgroup of its own: nothing but a tmpfs is there, and nothing is to be written into it (S64).
        RuntimeConfig config = WithUserNamespace(Config());
        config.Linux!.Namespaces = config.Linux.Namespaces!.Where(n => n.Type != "cgroup").ToArray();
        config.Mounts = [new Mount { Destination = "/sys/fs/cgroup", Type = "cgroup", Source = "cgroup", Options = readOnly ? ["ro", "nosuid"] : ["nosuid"] }];
        var request = new PlanRequest("id", "/bundle")
        {
            CgroupHost = new CgroupHost(mode, () => "", () => ""),
            CgroupPaths = new Dictionary<string, string>(),
            CreatingState = "{}",
            CreatedState = "{}",
        };
        ContainerPlan plan = Planner.Plan(config, s_user with { HardLimits = Enumerable.Repeat(ulong.MaxValue, 16).ToArray() }, request);
        PlanStep[] steps = plan.Steps.Where(s => s.Place == "/mounts/0").ToArray();
        steps.Should().ContainSingle(s => s.Op == PlanOp.FsOpen).Which.S0.Should().Be("tmpfs");
        steps.Any(s => s.Op is PlanOp.FsMount or PlanOp.Remount && (s.U0 & MountAttr.ReadOnly) != 0).Should().Be(readOnly);
    }

    [Fact]
    public void Plan_CgroupWithoutACgroupOfItsOwn_SkipsTheWholeFallback()
    {
        // What a rootless container gets on v2: cgroup2, and an empty tmpfs where the kernel refuses that.
        RuntimeConfig config = Config();
        config.Mounts = [new Mount { Destination = "/sys/fs/cgroup", Type = "cgroup", Source = "cgroup" }];
        var request = new PlanRequest("id", "/bundle")
        {
            CgroupHost = new CgroupHost(CgroupMode.V2, () => "", () => ""),
            CgroupPaths = new Dictionary<string, string>(),
            CreatingState = "{}",
            CreatedState = "{}",
        };
        ContainerPlan plan = Planner.Plan(config, s_root with { HardLimits = Enumerable.Repeat(ulong.MaxValue, 16).ToArray() }, request);
        List<PlanStep> steps = [.. plan.Steps];
        int fallback = steps.FindIndex(step => step.Op == PlanOp.FsOpen && step.S0 is "tmpfs" && step.Flags.HasFlag(StepFlags.Fallback));
        steps[fallback - 1].Op.Should().Be(PlanOp.FsMount);
        steps[fallback - 1].Flags.Should().HaveFlag(StepFlags.Optional);
        steps[fallback + (int)steps[fallback].N3].Op.Should().Be(PlanOp.FsMount);
        steps[fallback + (int)steps[fallback].N3 + 1].Op.Should().Be(PlanOp.Attach);
    }

    [Fact]
    public void Plan_MountOfABlockDevice_IsMadeBeforeTheDeviceRules()
    {
        RuntimeConfig config = Config();
        config.Mounts = [.. config.Mounts!, new Mount { Destination = "/data", Source = "/dev/loop0", Type = "ext4" }];
        Ops(Plan(config)).Should().ContainInOrder(PlanOp.Attach, PlanOp.Sync, PlanOp.Pivot);
    }

    [Fact]
    public void Plan_NoCapabilities_GrantsNothing()
    {
        RuntimeConfig config = Config();
        config.Process!.Capabilities = null;
        byte[] credentials = (byte[])Plan(config).Steps.First(s => s.Op == PlanOp.Credentials).S0!;
        credentials.AsSpan(16, 40).ToArray().Should().OnlyContain(b => b == 0);
    }

    [Fact]
    public void Plan_DuplicateEnvironment_KeepsTheLast()
    {
        RuntimeConfig config = Config();
        config.Process!.Env = ["A=1", "B=2", "A=3"];
        ((string[])Plan(config).Steps.First(s => s.Op == PlanOp.Env).S0!).Should().Equal("A=3", "B=2");
    }

    [Fact]
    public void Plan_HomeInTheEnvironment_IsNotLookedUp()
    {
        RuntimeConfig config = Config();
        Ops(Plan(config)).Should().Contain(PlanOp.Passwd);
        config.Process!.Env = ["HOME=/x"];
        Ops(Plan(config)).Should().NotContain(PlanOp.Passwd);
    }

    [Fact]
    public void Plan_NoProcess_WaitsForAStartThatFails()
    {
        RuntimeConfig config = Config();
        config.Process = null;
        Ops(Plan(config)).Should().ContainInOrder(PlanOp.Ready, PlanOp.AwaitStart, PlanOp.Pause).And.NotContain(PlanOp.Exec);
    }

    private static List<PlanOp> Ops(ContainerPlan plan) => plan.Steps.ConvertAll(step => step.Op);

    private static PlanStep Step(ContainerPlan plan, string place, PlanOp op) => plan.Steps.First(step => step.Place == place && step.Op == op);

    private static RuntimeConfig Config()
    {
        RuntimeConfig config = DefaultConfig.Create(cgroupNamespace: true);
        config.Process!.Terminal = false;
        config.Mounts = config.Mounts!.Where(m => m.Type != "cgroup").Concat([new Mount { Destination = "/run", Type = "tmpfs", Source = "tmpfs" }]).ToArray();
        return config;
    }

    private static RuntimeConfig Scheduled(RuntimeConfig config)
    {
        config.Process!.Scheduler = new Scheduler { Policy = "SCHED_FIFO", Priority = 10, Flags = ["SCHED_FLAG_RESET_ON_FORK"] };
        config.Process.IoPriority = new IoPriority { Class = "IOPRIO_CLASS_RT", Priority = 1 };
        config.Linux!.MemoryPolicy = new MemoryPolicy { Mode = "MPOL_BIND", Nodes = "0-1,3", Flags = ["MPOL_F_STATIC_NODES"] };
        config.Linux.Resources = null;
        return config;
    }

    private static RuntimeConfig WithUserNamespace(RuntimeConfig config)
    {
        config.Linux!.Namespaces = [.. config.Linux.Namespaces!, new LinuxNamespace { Type = "user" }];
        config.Linux.UidMappings = config.Linux.GidMappings = [new IdMapping { ContainerID = 0, HostID = 100000, Size = 65536 }];
        return config;
    }

    private static ContainerPlan Plan(RuntimeConfig config, HostFacts? host = null, bool seccomp = false)
    {
        HostFacts facts = host ?? s_root;
        if (facts.HardLimits.Count == 0)
        {
            facts = facts with { HardLimits = Enumerable.Repeat(ulong.MaxValue, 16).ToArray() };
        }

        return Planner.Plan(config, facts, new PlanRequest("c1", "/bundle")
        {
            CgroupPaths = new Dictionary<string, string>(),
            Seccomp = seccomp ? new SeccompStep(new byte[8], 0, null, null) : null,
            CreatingState = "{}",
            CreatedState = "{}",
        });
    }
}
