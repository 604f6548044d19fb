using System.Globalization;

namespace OciRun.Conformance.Documents.Config;

/// <summary>config.md, Linux process: capabilities, scheduling, oom_score_adj, labels.</summary>
internal static class LinuxProcessTests
{
    private const ulong Chown = 1 << 0, Kill = 1 << 5;

    [Row("config.process.capabilities.bounding", "CapBnd", 0)]
    [Row("config.process.capabilities.effective", "CapEff", 0)]
    [Row("config.process.capabilities.inheritable", "CapInh", 0)]
    [Row("config.process.capabilities.permitted", "CapPrm", 1000)]
    [Row("config.process.capabilities.ambient", "CapAmb", 1000)]
    public static void Capabilities_AreKept(Sandbox box, string field, int uid)
    {
        var sets = new JsonObject();
        foreach (string set in new[] { "bounding", "effective", "inheritable", "permitted", "ambient" })
            sets[set] = Container.List("CAP_CHOWN", "CAP_KILL");
        var report = box.NewContainer().Set("/process/capabilities", sets).Set("/process/user/uid", uid).Report();
        Check.Equal(Chown | Kill, report.Mask(field), field);
    }

    private static JsonObject Bounding(params string[] names) => new() { ["bounding"] = Container.List(names), ["permitted"] = Container.List(names) };

    [Clause("config.process.capabilities.warning")]
    [Reading("how, or even if, a warning is exposed is not mandated (runtime.md, Warnings)")]
    public static void Capabilities_Unknown_IsAWarningThatNamesIt(Sandbox box)
    {
        var result = box.NewContainer().Set("/process/capabilities", Bounding("CAP_KILL", "CAP_NO_SUCH")).Run().ShouldSucceed();
        Check.That(result.Error.Contains("NO_SUCH", StringComparison.OrdinalIgnoreCase), "nothing on standard error names the capability");
    }

    [Clause("runtime.warnings.continue")]
    public static void Capabilities_Unknown_ChangesNothingElse(Sandbox box) =>
        Check.Equal(Kill, box.NewContainer().Set("/process/capabilities", Bounding("CAP_KILL", "CAP_NO_SUCH")).Report().Mask("CapBnd"), "CapBnd");

    [Clause("config.process.capabilities.noFailure")]
    public static void Capabilities_NotGrantable_IsNoFailure(Sandbox box)
    {
        string? missing = !box.Host.HasCapability(24) ? "CAP_SYS_RESOURCE" : !box.Host.HasCapability(39) ? "CAP_BPF" : null;
        Check.Needs(missing is not null, "this process has every capability, so the runtime can grant each");
        Check.Equal(Kill, box.NewContainer().Set("/process/capabilities", Bounding("CAP_KILL", missing!)).Report().Mask("CapBnd"), "CapBnd");
    }

    [Clause("config.process.noNewPrivileges")]
    public static void NoNewPrivileges_IsSet(Sandbox box) => Check.Equal("1", box.NewContainer().Set("/process/noNewPrivileges", true).Report().Status("NoNewPrivs"), "NoNewPrivs");

    [Row("config.process.oomScoreAdj", 500)]
    [Row("config.process.oomScoreAdj", 1000)]
    public static void OomScoreAdj_IsSet(Sandbox box, int value) =>
        Check.Equal(value, int.Parse(box.NewContainer().Set("/process/oomScoreAdj", value).Report().Text("oomScoreAdj"), CultureInfo.InvariantCulture), "oom_score_adj");

    [Clause("config.process.oomScoreAdj.unset")]
    public static void OomScoreAdj_Unset_IsTheCallers(Sandbox box)
    {
        var container = box.NewContainer().Probe("report");
        container.WriteConfig();
        var result = box.CallAfter("echo 321 > /proc/self/oom_score_adj || exit 9", "run", "--bundle", container.Bundle, container.Id).ShouldSucceed();
        Check.Equal("321", result.Probe.Report.Text("oomScoreAdj"), "oom_score_adj");
    }

    // On cgroup v1 a real-time process needs a budget of its cgroup.
    private static Container WithBudget(Sandbox box) => File.Exists("/sys/fs/cgroup/cpu/cpu.rt_runtime_us")
        ? box.NewContainer().Set("/linux/resources/cpu", new JsonObject { ["realtimePeriod"] = 1_000_000, ["realtimeRuntime"] = 10_000 })
        : box.NewContainer();

    private static long Policy(Container container) => (long)container.Report()["scheduler"]!["policy"]!;

    private static void NeedsRealTime(Sandbox box, bool isRealTime)
    {
        Check.Needs(box.Host.CanSchedule, "no CAP_SYS_NICE here");
        Check.Needs(!isRealTime || box.Host.HasRealTimeInCgroups, "this kernel has no real-time policies in cgroups (CONFIG_RT_GROUP_SCHED on cgroup v2)");
    }

    [Row("config.process.scheduler.policy", "SCHED_OTHER", 0, 0)]
    [Row("config.process.scheduler.policy", "SCHED_FIFO", 1, 1)]
    [Row("config.process.scheduler.policy", "SCHED_RR", 1, 2)]
    [Row("config.process.scheduler.policy", "SCHED_BATCH", 0, 3)]
    [Row("config.process.scheduler.policy", "SCHED_IDLE", 0, 5)]
    public static void Scheduler_Policy_IsSet(Sandbox box, string policy, int priority, int wanted)
    {
        NeedsRealTime(box, priority > 0);
        Check.Equal(wanted, Policy((priority > 0 ? WithBudget(box) : box.NewContainer()).Set("/process/scheduler", new JsonObject { ["policy"] = policy, ["priority"] = priority })), "the policy");
    }

    [Clause("config.process.scheduler.nice")]
    public static void Scheduler_Nice_IsSet(Sandbox box) =>
        Check.Equal(7, (long)box.NewContainer().Set("/process/scheduler", new JsonObject { ["policy"] = "SCHED_OTHER", ["nice"] = 7 }).Report()["scheduler"]!["nice"]!, "the nice value");

    [Clause("config.process.scheduler.priority")]
    public static void Scheduler_Priority_IsSet(Sandbox box)
    {
        NeedsRealTime(box, true);
        var said = WithBudget(box).Set("/process/scheduler", new JsonObject { ["policy"] = "SCHED_FIFO", ["priority"] = 9 }).RunProbe("read", "/proc/self/stat");
        // proc_pid_stat(5): the 40th field, counted after the name.
        string stat = said.Content("/proc/self/stat");
        Check.Equal("9", stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[37], "the real-time priority");
    }

    [Clause("config.process.scheduler.flags")]
    public static void Scheduler_Flags_AreSet(Sandbox box) =>
        Check.Equal(0x40000003, Policy(box.NewContainer().Set("/process/scheduler", new JsonObject { ["policy"] = "SCHED_BATCH", ["flags"] = Container.List("SCHED_FLAG_RESET_ON_FORK") })), "the policy with SCHED_RESET_ON_FORK");

    [Clause("config.process.scheduler.deadline")]
    public static void Scheduler_Deadline_IsSet(Sandbox box)
    {
        Check.Needs(box.Host.CanSchedule, "no CAP_SYS_NICE here");
        var deadline = new JsonObject { ["policy"] = "SCHED_DEADLINE", ["runtime"] = 10_000_000, ["deadline"] = 30_000_000, ["period"] = 30_000_000 };
        Check.Equal(6, Policy(box.NewContainer().Set("/process/scheduler", deadline)), "the policy");
    }

    [Clause("config.process.apparmorProfile")]
    public static void ApparmorProfile_IsTheLabel(Sandbox box)
    {
        Check.Needs(box.Host.HasAppArmor, "this kernel has no AppArmor");
        Check.Equal("unconfined", box.NewContainer().Set("/process/apparmorProfile", "unconfined").Report().Text("label"), "the label");
    }

    [Clause("config.process.selinuxLabel")]
    public static void SelinuxLabel_IsTheLabel(Sandbox box)
    {
        Check.Needs(box.Host.HasSelinux, "no SELinux with a policy here");
        const string Label = "system_u:system_r:container_t:s0:c1,c2";
        Check.Equal(Label, box.NewContainer().Set("/process/selinuxLabel", Label).Report().Text("label").TrimEnd('\0'), "the label");
    }

    [Row("config.process.ioPriority", "IOPRIO_CLASS_RT", 4, 1 << 13 | 4)]
    [Row("config.process.ioPriority", "IOPRIO_CLASS_BE", 7, 2 << 13 | 7)]
    [Row("config.process.ioPriority", "IOPRIO_CLASS_IDLE", 0, 3 << 13)]
    public static void IoPriority_IsSet(Sandbox box, string name, int priority, int wanted) =>
        Check.Equal(wanted, (long)box.NewContainer().Set("/process/ioPriority", new JsonObject { ["class"] = name, ["priority"] = priority }).Report()["scheduler"]!["ioprio"]!, "the I/O priority");

    [Clause("config.process.execCPUAffinity")]
    public static void ExecCpuAffinity_DoesNotChangeTheInit(Sandbox box)
    {
        Check.Needs(Environment.ProcessorCount > 1, "this machine has one processor");
        var report = box.NewContainer().Set("/process/execCPUAffinity", new JsonObject { ["initial"] = "0", ["final"] = "0" }).Report();
        Check.Equal((long)Environment.ProcessorCount, (long)report["affinity"]!, "the number of CPUs");
    }
}
