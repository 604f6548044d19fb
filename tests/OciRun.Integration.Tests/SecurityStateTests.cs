using System.Globalization;

namespace OciRun.Integration;

/// <summary>What the runtime trusts: its state directory, numbers of processes, cgroups, names in the config, words of the container (rows X6, X18, X35, X59-X65).</summary>
public sealed class SecurityStateTests : IntegrationTest
{
    private string Log => Path.Combine(Sandbox.Directory, "log");

    // --- X61

    [ClaimTheory("X61: a state root that others can write to is refused; runc uses any")]
    [Trait("Row", "X61")]
    [InlineData("chmod 0777")]
    [InlineData("chmod 1777")]
    [InlineData("chmod 0770")]
    [InlineData("chown 1000")]
    public void X61_RootThatOthersMayWriteTo_IsRefused(string change)
    {
        var container = NewContainer().Probe("exit", "0");
        string root = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "root")).FullName;
        Sandbox.Program([.. change.Split(' '), root]).Run().ShouldExit(0);
        container.Verb("list");
        foreach (string[] verb in new string[][] { ["create", "--bundle", container.Bundle, container.Id], ["state", container.Id], ["list"], ["delete", "--force", container.Id], ["kill", container.Id] })
            Sandbox.Runtime(["--root", root, .. verb]).Run().ShouldFailWith("will not use", root);
        Directory.GetFileSystemEntries(root).Should().BeEmpty();
    }

    [ClaimFact("X61: the directories of containers are closed to others; runc 1.1 makes them 0711 too, but lets anybody put one there")]
    [Trait("Row", "X61")]
    public void X61_StateDirectory_IsForItsOwnerOnly()
    {
        var container = NewContainer().Probe("exit", "0").Create();
        string directory = Path.Combine(container.StateRoot, container.Id);
        foreach (string file in Directory.GetFileSystemEntries(directory, "*", SearchOption.AllDirectories).Append(container.StateRoot).Append(directory))
            (File.GetUnixFileMode(file) & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite | UnixFileMode.OtherRead)).Should().Be(UnixFileMode.None, file);
        string socket = Path.Combine(directory, "start.sock");
        Sandbox.Program("setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", Path.Combine(Assets.Rootfs, "bin/probe"), "connect", socket, "G").Run()
            .Output.Should().Contain("EACCES");
        container.Status.Should().Be("created");
    }

    [ClaimFact("X61: a link in the place of a container's directory is not followed")]
    [Trait("Row", "X61")]
    public void X61_LinkInTheStateRoot_IsNotFollowed()
    {
        var container = NewContainer().Probe("exit", "0").Create();
        File.CreateSymbolicLink(Path.Combine(container.StateRoot, "link"), container.Id);
        try
        {
            Sandbox.Runtime("--root", container.StateRoot, "delete", "--force", "link").Run().ExitCode.Should().Be(1);
            container.Status.Should().Be("created");
        }
        finally
        {
            File.Delete(Path.Combine(container.StateRoot, "link"));
        }
    }

    // --- X62

    /// <summary>The pid was given to another process: what the state says of the init is true of it but for the start time.</summary>
    private static void GivePidTo(Container container, int pid)
    {
        string file = Path.Combine(container.StateRoot, container.Id, "state.json");
        var state = JsonNode.Parse(File.ReadAllText(file))!;
        state[RuntimeUnderTest.IsOurs ? "pid" : "init_process_pid"] = pid;
        File.WriteAllText(file, state.ToJsonString());
    }

    [Fact]
    [Trait("Row", "X62")]
    public void X62_PidOfAnotherProcess_IsStoppedAndNotSignalled()
    {
        var container = NewContainer().Probe("sleep", "60").Create().Start();
        // Start times are counted in ticks of 10 ms (proc_pid_stat(5)): a pid is not given twice within one.
        Thread.Sleep(30);
        using var canary = Sandbox.Program("sleep", "60").Start();
        container.Kill("KILL").WaitStopped();
        GivePidTo(container, canary.Pid);
        container.Status.Should().Be("stopped");
        container.TryKill("KILL").ShouldFailWith("container not running");
        canary.HasExited.Should().BeFalse();
        container.TryDelete("--force").ShouldExit(0);
        canary.HasExited.Should().BeFalse();
    }

    // --- X63

    private CanaryCgroup Canary(string cgroup, out RunningCommand process, bool now)
    {
        string[] directories = [.. Directory.GetDirectories("/sys/fs/cgroup").Where(d => File.Exists(d + "/cgroup.procs")).Append("/sys/fs/cgroup").Where(d => File.Exists(d + "/cgroup.procs") && !File.Exists(d + "/cgroup.type"))
            .Select(d => d + "/" + cgroup)];
        foreach (string directory in directories)
            Directory.CreateDirectory(directory);
        foreach (string directory in directories.Where(d => d.StartsWith("/sys/fs/cgroup/cpuset/", StringComparison.Ordinal)))
        {
            foreach (string file in new[] { "cpuset.cpus", "cpuset.mems" })
                File.WriteAllText(directory + "/" + file, File.ReadAllText("/sys/fs/cgroup/cpuset/" + file));
        }
        process = Sandbox.Program("sleep", "60").Start();
        var result = new CanaryCgroup(directories, process);
        if (now)
            result.Enter();
        return result;
    }

    private sealed class CanaryCgroup(string[] directories, RunningCommand process) : IDisposable
    {
        public void Enter()
        {
            foreach (string directory in directories)
                File.WriteAllText(directory + "/cgroup.procs", process.Pid.ToString(CultureInfo.InvariantCulture));
        }

        public void Dispose()
        {
            process.Dispose();
            foreach (string directory in directories.Where(Directory.Exists))
                Wait.Until(() => TryRemove(directory), directory + " is removed");
        }

        private static bool TryRemove(string directory)
        {
            try
            {
                Directory.Delete(directory);
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    [ClaimFact("X63: a cgroup with other processes is refused; runc 1.1 joins it with a warning and kills them with the container")]
    [Trait("Row", "X63")]
    public void X63_CgroupWithForeignProcesses_IsRefusedAndLeftAlone()
    {
        var container = NewContainer().Probe("sleep", "60");
        using var canary = Canary(container.Id, out var process, now: true);
        container.TryCreate().ShouldFailWith("has processes already");
        container.TryDelete("--force").ShouldExit(0);
        process.HasExited.Should().BeFalse();
        File.ReadAllText($"/proc/{process.Pid}/cgroup").Should().Contain("/" + container.Id, "its cgroup is still there");
    }

    [ClaimFact("X63: processes in a cgroup that was there before are not ours to kill, and it is not ours to remove")]
    [Trait("Row", "X63")]
    public void X63_CgroupWasThereBefore_OthersInItLive()
    {
        foreach (string end in new[] { "kill", "delete" })
        {
            var container = NewContainer().Probe("sleep", "60");
            using var canary = Canary(container.Id, out var process, now: false);
            container.Create().Start();
            ((CanaryCgroup)canary).Enter();
            if (end == "kill")
                container.TryKill("--all", "KILL");
            container.TryDelete("--force").ShouldExit(0);
            process.HasExited.Should().BeFalse();
            File.ReadAllText($"/proc/{process.Pid}/cgroup").Should().Contain("/" + container.Id, "its cgroup is still there");
        }
    }

    // --- X60

    [Theory]
    [Trait("Row", "X60")]
    [InlineData(false)]
    [InlineData(true)]
    public void X60_WordsOfAContainer_CannotForgeLines(bool json)
    {
        // A hook's last words, and a name in the config, with line feeds, terminal escapes and a bell.
        const string Evil = "a\\nlevel=error msg=forged\\n{\\\"level\\\":\\\"info\\\"}\\033[2J\\033]0;x\\007\\r";
        var hook = new JsonObject { ["path"] = "/bin/sh", ["args"] = new JsonArray("sh", "-c", $"printf '{Evil}' >&2; exit 3") };
        var first = NewContainer().Probe("exit", "0").Add("/hooks/createRuntime", hook);
        var second = NewContainer().Args("/no/such\nlevel=error msg=forged\u001b[2J\u202e");
        var third = NewContainer().Mount("/x\ny\u001b[2J", "/no\nsuch", "bind", "bind").Probe("exit", "0");
        foreach (var container in new[] { first, second, third })
        {
            string[] words = ["create", "--bundle", container.Bundle, container.Id];
            container.Verb("list");
            File.Delete(Log);
            var result = Sandbox.Runtime(["--root", container.StateRoot, "--log", Log, "--log-format", json ? "json" : "text", .. words]).Run();
            result.ExitCode.Should().Be(1);
            string[] lines = File.ReadAllText(Log).TrimEnd('\n').Split('\n');
            lines.Should().ContainSingle();
            foreach (string text in new[] { lines[0], RuntimeUnderTest.IsOurs ? result.Error.TrimEnd('\n') : "" })
                text.Should().NotContainAny(RuntimeUnderTest.IsOurs ? ["\u001b", "\a", "\r", "\n", "\u202e"] : ["\u001b", "\a", "\r", "\n"]);
            if (json)
                ((string)JsonNode.Parse(lines[0])!["level"]!).Should().Be("error");
        }
    }

    // --- X65

    [Fact]
    [Trait("Row", "X65")]
    public void X65_Hooks_AreNotLookedUpInAnyPath()
    {
        string evil = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "evil")).FullName, canary = Path.Combine(Sandbox.Directory, "ran");
        foreach (string name in new[] { "sh", "hook", "newuidmap", "newgidmap" })
        {
            File.WriteAllText(Path.Combine(evil, name), $"#!/bin/sh\necho {name} >> {canary}\n");
            File.SetUnixFileMode(Path.Combine(evil, name), (UnixFileMode)0b111_101_101);
        }
        var container = NewContainer().Probe("exit", "0").Set("/process/env", new JsonArray("PATH=" + evil)).Add("/hooks/createRuntime", new JsonObject { ["path"] = "hook" });
        container.Verb("create", "--bundle", container.Bundle, container.Id).Env("PATH", evil + ":/usr/bin:/bin").Run().ExitCode.Should().Be(1);

        // One that exists, without an environment of its own: the program's PATH is not its.
        container = NewContainer().Probe("exit", "0").Set("/process/env", new JsonArray("PATH=" + evil))
            .Add("/hooks/createRuntime", new JsonObject { ["path"] = "/bin/sh", ["args"] = new JsonArray("sh", "-c", $"echo \"$PATH\" > {Log}") });
        container.Run().ShouldExit(0);
        File.ReadAllText(Log).Should().NotContain(evil);
        File.Exists(canary).Should().BeFalse();
    }

    [Fact]
    [Trait("Row", "X65")]
    public void X65_MappingHelpersInTheCallersPath_AreNotRun()
    {
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "runc looks for newuidmap in the PATH");
        string evil = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "evil")).FullName, canary = Path.Combine(Sandbox.Directory, "ran");
        foreach (string name in new[] { "newuidmap", "newgidmap" })
        {
            File.WriteAllText(Path.Combine(evil, name), $"#!/bin/sh\necho {name} >> {canary}\n");
            File.SetUnixFileMode(Path.Combine(evil, name), (UnixFileMode)0b111_101_101);
        }
        const long OfNobody = 1_900_000_000;
        var container = NewContainer().UserNamespace(OfNobody).Probe("exit", "0").Remove("/linux/resources").Remove("/linux/cgroupsPath");
        Sandbox.Program("chown", "-R", "1000:1000", Sandbox.Directory).Run().ShouldExit(0);
        container.Verb("list");
        string state = Path.Combine(Sandbox.Directory, "rootless");
        Sandbox.Program("install", "-d", "-o", "1000", "-g", "1000", "-m", "0700", state).Run().ShouldExit(0);
        // The ranges are not this user's, so the right helper refuses them.
        Sandbox.Program("/usr/bin/setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", RuntimeUnderTest.Path, "--root", state, "create", "--bundle", container.Bundle, container.Id)
            .Env("PATH", evil).Env("XDG_RUNTIME_DIR", state).Run().ExitCode.Should().Be(1);
        File.Exists(canary).Should().BeFalse();
    }

    // --- X59

    [Fact]
    [Trait("Row", "X59")]
    public void X59_BundleIsReplacedAfterCreate_StartAndDeleteUseWhatWasRead()
    {
        string evil = Path.Combine(Sandbox.Directory, "evil"), good = Path.Combine(Sandbox.Directory, "good");
        var container = NewContainer().Args("sh", "-c", "echo original")
            .Add("/hooks/poststop", new JsonObject { ["path"] = "/bin/sh", ["args"] = new JsonArray("sh", "-c", $"touch {good}") }).Create();
        string config = Path.Combine(container.Bundle, "config.json");
        container.Set("/hooks/poststop/0/args/2", $"touch {evil}").Args("sh", "-c", "echo other").Start();
        container.WaitFor("original").WaitStopped();
        File.Delete(config);
        Sandbox.Runtime("--root", container.StateRoot, "delete", container.Id).Run().ShouldExit(0);
        File.Exists(good).Should().BeTrue();
        File.Exists(evil).Should().BeFalse();
    }

    // --- X64

    [ClaimFact("X64: the lists of today's runc; 1.1 has fewer")]
    [Trait("Row", "X64")]
    public void X64_Spec_MasksWhatMustBeMasked()
    {
        var container = NewContainer();
        Sandbox.Runtime("spec", "--bundle", container.Bundle).Run().ShouldExit(0);
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(container.Bundle, "config.json")))!;
        config["linux"]!["maskedPaths"]!.AsArray().Select(n => (string)n!).Should().Contain(["/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys",
            "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap"]);
        config["linux"]!["readonlyPaths"]!.AsArray().Select(n => (string)n!).Should().Contain(["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]);
        ((bool)config["process"]!["noNewPrivileges"]!).Should().BeTrue();
        config["process"]!["capabilities"]!["inheritable"].Should().BeNull("CVE-2022-24769 (X8)");
    }

    // --- X18

    [Fact]
    [Trait("Row", "X18")]
    public void X18_NoDeviceRules_OtherDevicesAreDenied()
    {
        // The node is there, and the program has every right of a user: only the device cgroup stands in the way.
        foreach (var rules in new JsonNode?[] { new JsonArray(), null })
        {
            var container = NewContainer().Add("/linux/devices", new JsonObject { ["path"] = "/dev/kmsg", ["type"] = "c", ["major"] = 1, ["minor"] = 11 });
            if (rules is null)
                container.Remove("/linux/resources/devices");
            else
                container.Set("/linux/resources/devices", rules);
            var answers = container.RunProbe("open", "/dev/kmsg", "r", "+", "open", "/dev/zero", "r");
            answers["open /dev/kmsg"].Should().Be("EPERM");
            answers["open /dev/zero"].Should().Be("ok");
        }
    }

    // --- X6, X35

    [Theory]
    [Trait("Row", "X6")]
    [InlineData(70_000)]
    [InlineData(200_000)]
    public void X6_NamespacePathLongerThanANetlinkMessage_IsAnError(int length)
    {
        var result = NewContainer().RemoveNamespace("ipc").Add("/linux/namespaces", new JsonObject { ["type"] = "ipc", ["path"] = "/" + new string('x', length) }).Probe("report").TryCreate();
        result.ShouldFailWith();
        result.Error.TrimEnd('\n').Should().NotContain("\n");
    }

    [Theory]
    [Trait("Row", "X6")]
    [InlineData("/linux/namespaces/1/path")]
    [InlineData("/process/args/0")]
    [InlineData("/process/env/0")]
    [InlineData("/process/cwd")]
    [InlineData("/hostname")]
    [InlineData("/mounts/0/destination")]
    public void X6_NulInTheConfig_IsAnError(string pointer)
    {
        Assert.SkipWhen(!RuntimeUnderTest.IsOurs && pointer == "/hostname", "runc 1.1 cuts the name at the NUL");
        NewContainer().Set(pointer, "/proc/self\0/ns/net").Probe("report").Set(pointer, pointer.Contains("env", StringComparison.Ordinal) ? "A=b\0C=d" : "/bin\0/x").TryCreate().ShouldFailWith();
    }

    [Theory]
    [Trait("Row", "X35")]
    [InlineData("/linux/cgroupsPath", "\"../../escape\"")]
    [InlineData("/linux/cgroupsPath", "\"/a/../../escape\"")]
    [InlineData("/linux/cgroupsPath", "\"/\"")]
    [InlineData("/linux/resources/unified", "{\"../cgroup.procs\":\"1\"}")]
    [InlineData("/linux/resources/unified", "{\"a/b\":\"1\"}")]
    [InlineData("/linux/sysctl", "{\"net.ipv4/../../kernel/core_pattern\":\"x\"}")]
    [InlineData("/linux/sysctl", "{\"net/../kernel/core_pattern\":\"x\"}")]
    [InlineData("/linux/sysctl", "{\"net.ipv4.ip_forward\\nx\":\"1\"}")]
    [InlineData("/linux/sysctl", "{\"net.\\u0000\":\"1\"}")]
    [InlineData("/linux/intelRdt", "{\"closID\":\"..\"}")]
    [InlineData("/linux/intelRdt", "{\"closID\":\"a/../../b\"}")]
    public void X35_NameThatLeadsElsewhere_IsRefused(string pointer, string value)
    {
        Assert.SkipWhen(!RuntimeUnderTest.IsOurs && pointer is "/linux/cgroupsPath", "runc 1.1 cleans the path and stays below the mount point");
        Assert.SkipWhen(!RuntimeUnderTest.IsOurs && value.Contains("\\n", StringComparison.Ordinal), "runc 1.1 asks the kernel");
        NewContainer().Set(pointer, JsonNode.Parse(value)).Probe("exit", "0").TryCreate().ShouldFailWith();
    }
}
