using System.Globalization;

namespace OciRun.Integration;

/// <summary>`exec`: what another process of a container gets (C26, C51, C70, C75, C82, X7, X19, S91).</summary>
public sealed class ExecTests : IntegrationTest
{
    private Container Running(Action<Container>? change = null)
    {
        var container = NewContainer().Probe("signals", "USR2", "0");
        change?.Invoke(container);
        return container.RunDetached().WaitFor("ready");
    }

    private static JsonObject Document(params string[] words) => new()
    {
        ["args"] = new JsonArray([.. words.Select(w => (JsonNode)w)]),
        ["cwd"] = "/",
        ["env"] = new JsonArray("PATH=/bin", "FROM=document"),
        ["user"] = new JsonObject { ["uid"] = 0, ["gid"] = 0 },
    };

    [Fact]
    public void Exec_Program_IsInEveryNamespaceOfTheContainer()
    {
        var container = Running();
        var report = container.ExecProbe([], "report").Report;
        foreach (string name in new[] { "pid", "net", "ipc", "uts", "mnt", "cgroup" })
            report.Namespace(name).Should().Be(File.ResolveLinkTarget($"/proc/{container.Pid}/ns/{name}", false)!.Name, "that is the container's {0} namespace", name);
        report.Process("pid").Should().BeGreaterThan(1);
        report.Text("hostname").Should().Be("test");
        report.Text("cwd").Should().Be("/");
    }

    [Fact]
    public void Exec_Program_HasTheContainersLimitsCapabilitiesAndEnvironment()
    {
        var report = Running().ExecProbe([], "report").Report;
        report.Mask("CapEff").Should().Be((1UL << 5) | (1UL << 10) | (1UL << 29));
        report.Mask("CapBnd").Should().Be(report.Mask("CapEff"));
        report.Mask("CapInh").Should().Be(0);
        report.Limit("RLIMIT_NOFILE").Should().Be((1024, 1024));
        report.Status("NoNewPrivs").Should().Be("1");
        report.Env("TERM").Should().Be("xterm");
        report.Descriptors.Keys.Should().BeEquivalentTo([0, 1, 2]);
    }

    [Fact]
    public void Exec_Program_IsInTheContainersCgroup()
    {
        var container = Running();
        using var exec = container.ExecCommand([], "/bin/probe", "signals", "TERM").Start();
        Wait.Until(() => exec.Output.Contains("ready", StringComparison.Ordinal), "the program runs");
        foreach (string controller in new[] { "memory", "pids", "freezer" }.Where(CgroupView.Has))
            CgroupView.Processes(controller, "/" + container.Id).Should().HaveCount(2, "init and the program are in the {0} cgroup", controller);
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1", 1)]
    [InlineData("255", 255)]
    public void Exec_ProgramExits_StatusIsTheProgramsOwn(string status, int expected) =>
        Running().Exec([], "/bin/probe", "exit", status).ShouldExit(expected);

    [Fact]
    public void Exec_ProgramEndsBySignal_StatusIs128PlusSignal() =>
        Running().Exec([], "/bin/probe", "kill", "KILL").ShouldExit(137);

    [Fact]
    public void Exec_StandardStreams_AreTheCallers()
    {
        var result = Running().ExecCommand([], "sh", "-c", "cat; echo err >&2").Input("some text\n").Run().ShouldExit(0);
        result.Output.Should().Be("some text\n");
        result.Error.Should().Be("err\n");
    }

    [Fact]
    public void Exec_WordsAfterTheId_AreTheCommandsUntouched()
    {
        var container = Running();
        container.Exec([], "sh", "-c", "exit 7").ShouldExit(7);
        container.Exec([], "echo", "--help", "-e", "--", "@x", "").ShouldExit(0).Output.Should().Be("--help -e -- @x \n");
    }

    [Fact]
    public void User_Numbers_AreTaken()
    {
        var report = Running().ExecProbe(["--user", "1000:1001", "-g", "77", "-g", "78"], "report").Report;
        report.Status("Uid").Should().StartWith("1000\t1000\t1000");
        report.Status("Gid").Should().StartWith("1001\t1001\t1001");
        report.Status("Groups").Trim().Should().Be("77 78");
        report.Env("HOME").Should().Be("/home/user");
    }

    [Theory]
    [InlineData("root")]
    [InlineData("0x0")]
    [InlineData("1:")]
    [InlineData(":1")]
    [InlineData("1000:x")]
    public void User_NotANumber_IsAnError(string user)
    {
        var result = Running().Exec(["--user", user], "/bin/true").ShouldExit(255);
        result.Error.Should().Contain("exec failed: ");
    }

    [ClaimTheory("X19, X26: Atoi and a conversion to 32 bits make root of some of these")]
    [InlineData("-1")]
    [InlineData("+0")]
    [InlineData("4294967295")]
    [InlineData("4294967296")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1:4294967296")]
    public void User_OutOfRange_IsAnError(string user) =>
        Running().Exec(["--user", user], "/bin/true").ShouldExit(255).Error.Should().Contain("--user");

    [Fact]
    public void Environment_Added_WinsOverTheConfigs()
    {
        var report = Running().ExecProbe(["-e", "TERM=dumb", "-e", "NEW=a=b", "-e=EMPTY="], "report").Report;
        report.Env("TERM").Should().Be("dumb");
        report.Env("NEW").Should().Be("a=b");
        report.Env("EMPTY").Should().Be("");
        report.Env("PATH").Should().NotBeNull();
    }

    [Fact]
    public void Cwd_Given_IsEntered() => Running().ExecProbe(["--cwd", "/tmp"], "report").Report.Text("cwd").Should().Be("/tmp");

    [Fact]
    public void Cwd_Missing_IsAnErrorAndIsNotMade()
    {
        var container = Running();
        container.Exec(["--cwd", "/tmp/missing/deep"], "/bin/true").ShouldExit(255).Error.Should().ContainAll("/process/cwd", "chdir", "/tmp/missing/deep", "ENOENT");
        container.ExecProbe([], "stat", "/tmp/missing")["stat /tmp/missing"].Should().Be("ENOENT");
    }

    [Theory]
    [InlineData("/proc/self/fd/3")]
    [InlineData("/proc/self/fd/9")]
    [InlineData("/proc/1/fd/5")]
    public void Cwd_DescriptorOfTheHost_NeverLeadsOut(string path)
    {
        var result = Running().Exec(["--cwd", path], "/bin/probe", "stat", "/etc/passwd");
        result.ExitCode.Should().NotBe(0, "X12: there is no such directory");
    }

    [Fact]
    public void Capability_Added_IsEffectiveButNeverInheritable()
    {
        var report = Running().ExecProbe(["--cap", "CAP_NET_RAW", "--cap", "CAP_CHOWN"], "report").Report;
        (report.Mask("CapEff") & ((1UL << 13) | 1)).Should().Be((1UL << 13) | 1);
        report.Mask("CapInh").Should().Be(0, "CVE-2022-29162");
    }

    [Fact]
    public void Capability_AddedForAnOrdinaryUser_IsNotInheritable()
    {
        var report = Running().ExecProbe(["--cap", "CAP_NET_RAW", "--user", "1000"], "report").Report;
        report.Mask("CapInh").Should().Be(0, "CVE-2022-29162, CVE-2022-27650, CVE-2025-27612");
        report.Mask("CapAmb").Should().Be(0);
    }

    [Fact]
    public void NoNewPrivileges_Given_IsSet()
    {
        var container = Running(c => c.Set("/process/noNewPrivileges", false));
        container.ExecProbe([], "report").Report.Status("NoNewPrivs").Should().Be("0");
        container.ExecProbe(["--no-new-privs"], "report").Report.Status("NoNewPrivs").Should().Be("1");
    }

    [Fact]
    public void Document_Process_SaysAllOfIt()
    {
        var document = Document("/bin/probe", "report");
        document["user"] = new JsonObject { ["uid"] = 5, ["gid"] = 6, ["additionalGids"] = new JsonArray(7) };
        document["cwd"] = "/tmp";
        document["rlimits"] = new JsonArray(new JsonObject { ["type"] = "RLIMIT_MSGQUEUE", ["soft"] = 100, ["hard"] = 200 });
        document["noNewPrivileges"] = true;
        document["capabilities"] = new JsonObject { ["bounding"] = new JsonArray("CAP_KILL"), ["permitted"] = new JsonArray(), ["effective"] = new JsonArray() };
        var report = Running().ExecDocument(document).ShouldExit(0).Probe.Report;
        report.Status("Uid").Should().StartWith("5\t");
        report.Status("Gid").Should().StartWith("6\t");
        report.Status("Groups").Trim().Should().Be("7");
        report.Text("cwd").Should().Be("/tmp");
        report.Limit("RLIMIT_MSGQUEUE").Should().Be((100, 200));
        report.Mask("CapBnd").Should().Be(1UL << 5);
        report.Env("FROM").Should().Be("document");
        report.Env("TERM").Should().BeNull();
    }

    [Fact]
    public void Document_WhatItLeavesOut_IsTheContainers()
    {
        var report = Running(c => c.Set("/process/oomScoreAdj", 321)).ExecDocument(Document("/bin/probe", "report")).ShouldExit(0).Probe.Report;
        report.Mask("CapEff").Should().Be((1UL << 5) | (1UL << 10) | (1UL << 29));
        report.Text("oomScoreAdj").Should().Be("321");
        report.Limit("RLIMIT_NOFILE").Should().NotBe((1024UL, 1024UL), "limits are the document's alone, as in runc");
    }

    [Fact]
    public void Document_Faulty_IsAnErrorBeforeAnythingRuns()
    {
        var container = Running();
        var document = Document("/bin/true");
        document["cwd"] = "relative";
        container.ExecDocument(document).ShouldExit(255).Error.Should().Contain("exec failed: ").And.ContainEquivalentOf("cwd");
        container.Exec(["--process", Path.Combine(container.Bundle, "missing.json")]).ShouldExit(255).Error.Should().Contain("missing.json");
    }

    [Fact]
    public void Args_None_IsAnError() => Running().Exec([]).ShouldExit(255).Error.Should().Contain("process args cannot be empty");

    [Fact]
    public void Program_Missing_SaysSoInTheWordsOfRunc() =>
        Running().Exec([], "nosuch").ShouldExit(255).Error.Replace("\\", "", StringComparison.Ordinal).Should()
            .Contain("exec failed: unable to start container process: exec: \"nosuch\": executable file not found in $PATH");

    [Fact]
    public void Program_MissingPath_SaysNoSuchFile() => Running().Exec([], "/nosuch").ShouldExit(255).Error.Should().Contain("no such file or directory");

    [Fact]
    public void Program_NotExecutable_SaysPermissionDenied() =>
        Running(c => c.WriteFile("/bin/plain", "x")).Exec([], "/bin/plain").ShouldExit(255).Error.Should().Contain("permission denied");

    [Fact]
    public void Container_Missing_IsAnError() => NewContainer().Exec([], "/bin/true").ShouldExit(255).Error.Should().Contain("container does not exist");

    [Fact]
    public void Container_Stopped_IsAnError()
    {
        var container = Running().Kill("KILL").WaitStopped();
        container.Exec([], "/bin/true").ShouldExit(255).Error.Should().Contain("exec failed: cannot exec in a stopped container");
    }

    [Fact]
    public void Container_Created_TakesAProcess()
    {
        var container = NewContainer().Probe("exit", "0").Create();
        container.ExecProbe([], "report").Report.Text("hostname").Should().Be("test");
        container.Status.Should().Be("created");
    }

    [Fact]
    public void Detached_PidFile_HasThePidOfTheRunningProgram()
    {
        var container = Running();
        string pidFile = Path.Combine(Sandbox.Directory, "exec.pid");
        using var exec = container.ExecCommand(["--detach", "--pid-file", pidFile], "/bin/probe", "signals", "TERM").Start();
        exec.Wait().ShouldExit(0);
        string text = File.ReadAllText(pidFile);
        text.Should().MatchRegex("^[0-9]+$", "conmon reads it with atoi");
        File.ReadAllText($"/proc/{text}/comm").Trim().Should().Be("probe");
        File.ResolveLinkTarget($"/proc/{text}/ns/pid", false)!.Name.Should().Be(File.ResolveLinkTarget($"/proc/{container.Pid}/ns/pid", false)!.Name);
        Wait.Until(() => exec.Output.Contains("ready", StringComparison.Ordinal), "the program runs");
        Sandbox.Program("kill", "-TERM", text).Run().ShouldExit(0);
    }

    [Fact]
    public void Detached_ProgramMissing_LeavesNoPidFile()
    {
        string pidFile = Path.Combine(Sandbox.Directory, "exec.pid");
        Running().Exec(["--detach", "--pid-file", pidFile], "nosuch").ShouldExit(255);
        File.Exists(pidFile).Should().BeFalse();
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("USR1")]
    [InlineData("HUP")]
    public void Foreground_Signal_ReachesTheProgram(string signal)
    {
        var container = Running();
        using var exec = container.ExecCommand([], "/bin/probe", "signals", signal, "33").Start();
        Wait.Until(() => exec.Output.Contains("ready", StringComparison.Ordinal), "the program runs");
        Sandbox.Program("kill", "-" + signal, exec.Pid.ToString(CultureInfo.InvariantCulture)).Run().ShouldExit(0);
        exec.Wait().ShouldExit(33);
    }

    [Fact]
    public void Foreground_LongProgram_SignalsAndStatusStillPass()
    {
        var container = Running();
        using var exec = container.ExecCommand([], "/bin/probe", "signals", "TERM", "34").Start();
        Wait.Until(() => exec.Output.Contains("ready", StringComparison.Ordinal), "the program runs");
        Thread.Sleep(1500); // beyond the second after which a small waiter takes over
        Sandbox.Program("kill", "-TERM", exec.Pid.ToString(CultureInfo.InvariantCulture)).Run().ShouldExit(0);
        exec.Wait().ShouldExit(34);
    }

    [Fact]
    public void Foreground_ContainerIsKilled_ExecEnds()
    {
        var container = Running();
        using var exec = container.ExecCommand([], "/bin/probe", "sleep", "60").Start();
        Wait.Until(() => Sandbox.Program("pgrep", "-f", "probe sleep 60").Run().ExitCode == 0 && container.Status == "running", "the program runs");
        container.Kill("KILL");
        exec.Wait().ExitCode.Should().NotBe(0);
    }

    [Fact]
    public void PreserveFds_TheFirstOnes_ArePassed()
    {
        var container = Running();
        string file = Path.Combine(Sandbox.Directory, "three");
        File.WriteAllText(file, "x");
        var seen = container.ExecCommand(["--preserve-fds", "1"], "/bin/probe", "report").Redirect($"3<'{file}' 4<'{file}'").Run().ShouldExit(0).Probe.Report.Descriptors;
        seen.Keys.Should().BeEquivalentTo([0, 1, 2, 3]);
    }

    [Fact]
    public void Filter_OfTheContainer_IsLoaded()
    {
        var filter = new JsonObject
        {
            ["defaultAction"] = "SCMP_ACT_ALLOW",
            ["syscalls"] = new JsonArray(new JsonObject { ["names"] = new JsonArray("personality"), ["action"] = "SCMP_ACT_ERRNO", ["errnoRet"] = 22 }),
        };
        foreach (bool noNewPrivileges in new[] { true, false })
        {
            var container = Running(c => c.Set("/linux/seccomp", filter.DeepClone()).Set("/process/noNewPrivileges", noNewPrivileges));
            container.ExecProbe([], "syscall", "135", "0")["syscall 135"].Should().Be("EINVAL");
            container.ExecDocument(Document("/bin/probe", "syscall", "135", "0")).ShouldExit(0).Probe["syscall 135"].Should().Be("EINVAL");
        }
    }

    [Fact]
    public void UserNamespace_Container_RootInsideIsMapped()
    {
        var container = Running(c => c.UserNamespace());
        var report = container.ExecProbe([], "report").Report;
        report.Namespace("user").Should().Be(File.ResolveLinkTarget($"/proc/{container.Pid}/ns/user", false)!.Name);
        report.Status("Uid").Should().StartWith("0\t");
        var user = container.ExecProbe(["-u", "1000:1000"], "report").Report;
        user.Status("Uid").Should().StartWith("1000\t");
        container.Exec(["-u", "70000"], "/bin/true").ShouldExit(255);
    }

    [ClaimFact("runc leaves the program in the host's root where the container has no mount namespace")]
    public void NoMountNamespace_Container_ProgramIsInItsRoot()
    {
        var container = NewContainer().RemoveNamespace("mount").Probe("signals", "USR2", "0").Remove("/mounts").Remove("/linux/maskedPaths").Remove("/linux/readonlyPaths");
        container.Set("/root/readonly", false);
        container.TryCreate();
        Assert.SkipUnless(container.TryStart().ExitCode == 0, "no container without a mount namespace here");
        container.Exec([], "/bin/probe", "stat", "/bin/probe", "+", "stat", "/work").ShouldExit(0).Probe["stat /work"].Should().Be("ENOENT");
    }

    [Fact]
    public void OomScore_OfTheConfig_IsSet() =>
        Running(c => c.Set("/process/oomScoreAdj", 321)).ExecProbe([], "report").Report.Text("oomScoreAdj").Should().Be("321");

    [Fact]
    public void Affinity_Final_IsWhatTheProgramHas()
    {
        Assert.SkipUnless(Environment.ProcessorCount > 1, "one processor");
        Assert.SkipWhen(RuntimeUnderTest.IsOurs is false, "runc knows execCPUAffinity since 1.3");
        var document = Document("/bin/probe", "report");
        document["execCPUAffinity"] = new JsonObject { ["initial"] = "0", ["final"] = "1" };
        var container = Running();
        container.ExecDocument(document).ShouldExit(0).Probe.Report.Status("Cpus_allowed_list").Should().Be("1");
        document["execCPUAffinity"] = new JsonObject { ["initial"] = "0" };
        string all = container.ExecProbe([], "report").Report.Status("Cpus_allowed_list");
        container.ExecDocument(document).ShouldExit(0).Probe.Report.Status("Cpus_allowed_list").Should().Be(all, "the container's own, where there is no final one");
        document["execCPUAffinity"] = new JsonObject { ["final"] = "4000" };
        container.ExecDocument(document).ShouldExit(255).Error.Should().Contain("execCPUAffinity/final");
    }

    [ClaimFact("CVE-2016-9962, X1: nothing of the host can be reached through a process that enters, and it cannot be traced")]
    public void Container_WatchesManyExecs_FindsNoWayOut()
    {
        string marker = Path.Combine(Sandbox.Directory, "marker");
        File.WriteAllText(marker, "of the host");
        foreach (bool own in new[] { false, true })
        {
            var container = NewContainer().Probe("breakout", "8", marker);
            if (own)
                container.UserNamespace();
            string[] capabilities = own
                ? ["CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH", "CAP_DAC_OVERRIDE", "CAP_SYS_ADMIN", "CAP_KILL"]
                : ["CAP_DAC_READ_SEARCH", "CAP_DAC_OVERRIDE", "CAP_KILL"];
            foreach (string set in new[] { "bounding", "permitted", "effective" })
                container.Capabilities(set, capabilities);
            container.RunDetached().WaitFor("ready");
            int executed = 0;
            for (; !container.Output.Contains("met", StringComparison.Ordinal) && executed < 1000; executed++)
                container.Exec([], "/bin/true");
            Wait.Until(() => container.Output.Contains("met", StringComparison.Ordinal), "the attacker gives up");
            container.Output.Should().NotContain("out:").And.NotContain("ptrace").And.NotContain("met: 0", "it has met some of the {0}", executed);
        }
    }
}
