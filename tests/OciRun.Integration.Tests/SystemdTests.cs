namespace OciRun.Integration;

/// <summary>--systemd-cgroup with the real systemd (S140, S167, C6); where there is none, that it is said.</summary>
public sealed class SystemdTests : IntegrationTest
{
    private const string Root = "/sys/fs/cgroup";

    private static string Slice => $"ocitest-{Environment.ProcessId}.slice";

    private Container Limited()
    {
        Assert.SkipUnless(File.Exists("/run/systemd/private") && Environment.UserName == "root" && CgroupView.IsUnified, "needs root, systemd and cgroup v2");
        var container = NewContainer();
        return container.Args("/bin/sleep", "100")
            .Set("/linux/cgroupsPath", $"{Slice}:test:{container.Id}")
            .Set("/linux/resources/pids", new JsonObject { ["limit"] = 50 })
            .Set("/linux/resources/memory", new JsonObject { ["limit"] = 64 << 20, ["swap"] = 64 << 20 })
            .Set("/linux/resources/cpu", new JsonObject { ["shares"] = 1024, ["quota"] = 50000, ["period"] = 100000 });
    }

    private static string UnitOf(Container container) => $"test-{container.Id}.scope";

    private static string PathOf(Container container) => $"{Root}/ocitest.slice/{Slice}/{UnitOf(container)}";

    private static Command Run(Container container) => container.Verb("--systemd-cgroup", "run", "--detach", "--bundle", container.Bundle, container.Id);

    private static Container Started(Container container)
    {
        container.Create(Run(container)).ShouldExit(0);
        return container;
    }

    private string Systemctl(params string[] words) => new Command(Sandbox.Directory, ["systemctl", .. words]).Run().Output.TrimEnd('\n');

    private string Property(Container container, string name) => Systemctl("show", "--value", "--property", name, UnitOf(container));

    private static string Limit(Container container, string file) => File.ReadAllText(PathOf(container) + "/" + file).TrimEnd('\n');

    [Fact]
    public void Run_Limits_AreInTheUnitAndInTheFiles()
    {
        var container = Started(Limited().Set("/annotations", new JsonObject { ["org.systemd.property.TimeoutStopSec"] = "uint64 7" }));
        container.Proc("cgroup").Should().EndWith($"/ocitest.slice/{Slice}/{UnitOf(container)}");
        (Limit(container, "memory.max"), Limit(container, "cpu.max"), Limit(container, "pids.max")).Should().Be(($"{64 << 20}", "50000 100000", "50"));
        (Property(container, "MemoryMax"), Property(container, "CPUQuotaPerSecUSec"), Property(container, "TasksMax")).Should().Be(($"{64 << 20}", "500ms", "50"));
        (Property(container, "Slice"), Property(container, "Delegate"), Property(container, "TimeoutStopUSec")).Should().Be((Slice, "yes", "7s"));
    }

    [Fact]
    public void DaemonReload_LimitsAndDeviceRules_StayAsTheyAre()
    {
        var container = Limited().Add("/linux/devices", new JsonObject { ["path"] = "/dev/closed", ["type"] = "c", ["major"] = 1, ["minor"] = 11, ["fileMode"] = 438 });
        Started(container.Set("/linux/resources/devices", new JsonArray(
            new JsonObject { ["allow"] = false, ["access"] = "rwm" },
            new JsonObject { ["allow"] = true, ["type"] = "c", ["major"] = 1, ["minor"] = 2, ["access"] = "rw" })));
        for (int round = 0; round < 2; round++)
        {
            container.Exec([], "sh", "-c", "echo a > /dev/null").ShouldExit(0);
            container.Exec([], "sh", "-c", "(: < /dev/closed) 2>&1").Output.Should().Contain("not permitted");
            (Limit(container, "memory.max"), Limit(container, "cpu.max")).Should().Be(($"{64 << 20}", "50000 100000"));
            Systemctl("daemon-reload");
        }
    }

    [Fact]
    public void Update_Limits_AreInTheUnitAndInTheFiles()
    {
        var container = Started(Limited());
        container.Verb("update", "--memory", "80m", "--memory-swap", "80m", "--cpu-quota", "12345", container.Id).Run().ShouldExit(0);
        (Limit(container, "memory.max"), Limit(container, "cpu.max"), Limit(container, "pids.max")).Should().Be(($"{80 << 20}", "12345 100000", "50"));
        (Property(container, "MemoryMax"), Property(container, "CPUQuotaPerSecUSec"), Property(container, "TasksMax")).Should().Be(($"{80 << 20}", "130ms", "50"));
    }

    [Fact]
    public void Update_Refused_LeavesUnitAndFilesAsTheyWere()
    {
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "the others leave half of it");
        var container = Started(Limited());
        container.Verb("update", "--memory", "80m", "--memory-swap", "80m", "--cpu-quota", "1", container.Id).Run().ShouldFailWith("/linux/resources/cpu/quota");
        (Limit(container, "memory.max"), Limit(container, "cpu.max")).Should().Be(($"{64 << 20}", "50000 100000"));
        (Property(container, "MemoryMax"), Property(container, "CPUQuotaPerSecUSec")).Should().Be(($"{64 << 20}", "500ms"));
    }

    [Fact]
    public void Delete_RunningContainer_NeedsNoOptionAndNoEnvironment()
    {
        var container = Started(Limited());
        container.Wrapped(["env", "-i"], "delete", "--force", container.Id).Run().ShouldExit(0);
        Systemctl("list-units", "--all", "--no-legend", UnitOf(container)).Should().BeEmpty();
        Directory.Exists(PathOf(container)).Should().BeFalse();
    }

    [Fact]
    public void Create_UnitOfThatName_IsLeftAlone()
    {
        var first = Started(Limited());
        var second = Limited().Set("/linux/cgroupsPath", (string)first.Config["linux"]!["cgroupsPath"]!);
        second.Create(Run(second)).ExitCode.Should().NotBe(0);
        first.Status.Should().Be("running");
        Property(first, "ActiveState").Should().Be("active");
    }

    [ClaimFact("C61: what a killed create has made is recorded before; no unit stays")]
    public void Create_KilledDuringAHook_DeleteForceLeavesNoUnit()
    {
        string ready = Path.Combine(Sandbox.Directory, "ready");
        var container = Limited().Add("/hooks/createRuntime", new JsonObject { ["path"] = "/bin/sh", ["args"] = new JsonArray("sh", "-c", $": {Sandbox.Token}-hook; echo > {ready}; exec sleep 5") });
        using (var create = container.Verb("--systemd-cgroup", "create", "--bundle", container.Bundle, container.Id).Start())
        {
            Wait.Until(() => File.Exists(ready), "the hook runs");
            Property(container, "ActiveState").Should().Be("active");
            new Command(Sandbox.Directory, "kill", "-9", $"{create.Pid}").Run().ShouldExit(0);
            create.Wait();
        }
        container.TryDelete("--force").ShouldExit(0);
        Systemctl("list-units", "--all", "--no-legend", UnitOf(container)).Should().BeEmpty();
    }

    [ClaimFact("crun's run.oci.systemd.subgroup; runc does not know it")]
    public void Run_Subgroup_ContainerIsInACgroupOfTheScope()
    {
        var container = Started(Limited().Set("/annotations", new JsonObject { ["run.oci.systemd.subgroup"] = "inner" }));
        container.Proc("cgroup").Should().EndWith(UnitOf(container) + "/inner");
        (Limit(container, "memory.max"), Limit(container, "inner/memory.max")).Should().Be(($"{64 << 20}", $"{64 << 20}"));
        container.Exec([], "true").ShouldExit(0);
        container.TryDelete("--force").ShouldExit(0);
        Directory.Exists(PathOf(container)).Should().BeFalse();
    }

    [ClaimFact("U11: errors name the property, and the annotation that asked for it")]
    public void Run_UnknownProperty_NamesItsAnnotation()
    {
        var container = Limited().Set("/annotations", new JsonObject { ["org.systemd.property.NoSuchThing"] = "7" });
        container.Create(Run(container)).ShouldFailWith("/annotations/org.systemd.property.NoSuchThing: systemd refuses the property NoSuchThing");
    }

    [ClaimFact("U11: which addresses were tried is said")]
    public void Run_NoSystemd_SaysWhomItAsked()
    {
        Assert.SkipWhen(File.Exists("/run/systemd/private"), "systemd is here");
        Assert.SkipUnless(Environment.UserName == "root", "needs root");
        var container = NewContainer().Remove("/linux/cgroupsPath");
        container.Create(Run(container)).ShouldFailWith("cannot reach systemd (/run/systemd/private: missing (ENOENT)");
    }
}
