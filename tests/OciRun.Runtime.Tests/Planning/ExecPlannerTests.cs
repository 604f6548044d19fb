using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Runtime.Planning;
using OciRun.Spec;

namespace OciRun.Runtime.Tests.Planning;

public sealed class ExecPlannerTests
{
    private static readonly HostFacts s_root = new()
    {
        Uid = 0,
        Gid = 0,
        InitialUserNamespace = true,
        Capabilities = (1UL << 41) - 1,
        LastCapability = 40,
        HardLimits = Enumerable.Repeat(ulong.MaxValue, 16).ToArray(),
        AppArmorEnabled = true,
    };

    [Fact]
    public void Plan_Container_IsUndumpableBeforeItJoins() =>
        Ops(Plan(Config())).Should().Equal(
            PlanOp.ParentDeath, PlanOp.AwaitGo, PlanOp.Dumpable, PlanOp.SetNamespace, PlanOp.Fork, PlanOp.Born, PlanOp.SetSid, PlanOp.Env, PlanOp.Keyring, PlanOp.Passwd,
            PlanOp.StdioOwner, PlanOp.Chdir, PlanOp.NoNewPrivs, PlanOp.Credentials, PlanOp.ChdirFinal, PlanOp.Umask, PlanOp.Lookup, PlanOp.Ready, PlanOp.StatusPage,
            PlanOp.ResourceLimit, PlanOp.Exec);

    [Fact]
    public void Plan_Namespaces_AreJoinedAtOnceAndAllOfThem()
    {
        RuntimeConfig config = Config();
        config.Linux!.Namespaces = [new() { Type = "mount" }, new() { Type = "network", Path = "/run/netns/x" }, new() { Type = "time" }];
        ContainerPlan plan = Plan(config);
        plan.Steps.Should().ContainSingle(s => s.Op == PlanOp.SetNamespace).Which.U0.Should().Be((ulong)(CloneFlags.NewNamespace | CloneFlags.NewNet | CloneFlags.NewTime));
        plan.Forks.Should().BeFalse("only a pid namespace takes children alone");
        plan.SpawnFlags.Should().Be(CloneFlags.None);
    }

    [Fact]
    public void Plan_UserNamespace_BecomesItsRoot()
    {
        RuntimeConfig config = Config();
        config.Linux!.Namespaces = [.. config.Linux.Namespaces!, new LinuxNamespace { Type = "user" }];
        config.Linux.UidMappings = config.Linux.GidMappings = [new IdMapping { ContainerID = 0, HostID = 100000, Size = 65536 }];
        Ops(Plan(config)).Should().ContainInOrder(PlanOp.Dumpable, PlanOp.SetNamespace, PlanOp.Become, PlanOp.Fork);
    }

    [Fact]
    public void Plan_NoMountNamespace_EntersTheRootOfTheInit()
    {
        RuntimeConfig config = Config();
        config.Linux!.Namespaces = [new() { Type = "pid" }];
        ContainerPlan plan = Plan(config);
        Ops(plan).Should().ContainInOrder(PlanOp.Rootfs, PlanOp.SetNamespace, PlanOp.Fork, PlanOp.Pivot);
        plan.Steps.Single(s => s.Op == PlanOp.Rootfs).S0.Should().Be("/proc/42/root");
        plan.Steps.Single(s => s.Op == PlanOp.Pivot).Flags.Should().Be(StepFlags.PivotChroot);
    }

    [Fact]
    public void Plan_Terminal_IsNotBoundOverTheContainersConsole()
    {
        RuntimeConfig config = Config();
        config.Process!.Terminal = true;
        Plan(config).Steps.Should().ContainSingle(s => s.Op == PlanOp.Console).Which.Flags.Should().Be(StepFlags.None);
    }

    [Fact]
    public void Plan_Label_GoesThroughAVerifiedProcfs()
    {
        RuntimeConfig config = Config();
        config.Process!.ApparmorProfile = "p";
        Ops(Plan(config)).Should().ContainInOrder(PlanOp.Born, PlanOp.ProcPrivate, PlanOp.ProcWrite, PlanOp.Credentials);
    }

    [Fact]
    public void Plan_Keyring_OfTheContainerKeepsItsPermissions() =>
        Plan(Config()).Steps.Should().ContainSingle(s => s.Op == PlanOp.Keyring).Which.U0.Should().Be(0);

    private static List<PlanOp> Ops(ContainerPlan plan) => plan.Steps.ConvertAll(step => step.Op);

    private static RuntimeConfig Config()
    {
        RuntimeConfig config = DefaultConfig.Create(cgroupNamespace: true);
        config.Process!.Terminal = false;
        return config;
    }

    private static ContainerPlan Plan(RuntimeConfig config) => ExecPlanner.Plan(
        config,
        s_root,
        new PlanRequest("c1", "/bundle") { JoinsContainer = true, StartsAtOnce = true, CgroupPaths = new Dictionary<string, string>(), CreatingState = "{}", CreatedState = "{}" },
        SafeFd.CurrentDirectory,
        42);
}
