namespace OciRun.Integration;

/// <summary>Hooks: order, place, what they are given, what their failure does (S14–S17, S100–S111).</summary>
public sealed class HookTests : IntegrationTest
{
    private static readonly string[] s_kinds = ["prestart", "createRuntime", "createContainer", "startContainer", "poststop"];

    private string Log => Path.Combine(Sandbox.Directory, "hooks.log");

    private static JsonObject Hook(string script, params string[] environment)
    {
        var hook = new JsonObject { ["path"] = "/bin/sh", ["args"] = new JsonArray("sh", "-c", script) };
        if (environment.Length > 0)
            hook["env"] = new JsonArray([.. environment.Select(e => (JsonNode)e)]);
        return hook;
    }

    // startContainer runs inside: it writes to a bind mount of the directory that holds the log.
    private Container WithHooks()
    {
        var container = NewContainer().Set("/root/readonly", false).Mount("/log", Sandbox.Directory, null, "bind");
        foreach (string kind in s_kinds)
            container.Add("/hooks/" + kind, Hook($"echo {kind} >> {(kind == "startContainer" ? "/log/hooks.log" : Log)}"));
        return container;
    }

    [Fact]
    public void Hooks_AllKinds_RunInTheOrderOfTheSpecification()
    {
        var container = WithHooks().Args("sh", "-c", "echo program >> /log/hooks.log; while [ ! -e /log/go ]; do sleep 0.05; done").Create();
        File.ReadAllLines(Log).Should().Equal("prestart", "createRuntime", "createContainer");
        container.Start();
        Wait.Until(() => File.ReadAllLines(Log).Length >= 5, "the program has run");
        File.WriteAllText(Path.Combine(Sandbox.Directory, "go"), "");
        container.WaitStopped();
        File.ReadAllLines(Log)[3..].Should().Equal("startContainer", "program");
        container.Delete();
        File.ReadAllLines(Log)[5..].Should().Equal("poststop");
    }

    [ClaimFact("S108: poststart runs after the program was executed, before start returns; runc 1.1 runs it at create")]
    public void Hook_Poststart_RunsAtStartAndSeesItRunning()
    {
        var container = NewContainer().Add("/hooks/poststart", Hook($"cat > {Log}")).Probe("signals", "TERM").Create();
        File.Exists(Log).Should().BeFalse();
        container.Start();
        var state = JsonNode.Parse(File.ReadAllText(Log))!;
        ((string)state["status"]!).Should().Be("running");
        ((int)state["pid"]!).Should().Be(container.Pid);
    }

    [Fact]
    public void Hooks_TwoOfAKind_RunInListedOrder()
    {
        NewContainer().Add("/hooks/createRuntime", Hook($"echo first >> {Log}")).Add("/hooks/createRuntime", Hook($"echo second >> {Log}"))
            .Probe("exit", "0").Run().ShouldExit(0);
        File.ReadAllLines(Log).Should().Equal("first", "second");
    }

    [Theory]
    [InlineData("prestart", "creat")]
    [InlineData("createRuntime", "creat")]
    [InlineData("poststop", "stopped")]
    public void Hook_State_IsOnItsInput(string kind, string status)
    {
        var container = NewContainer().Set("/annotations", new JsonObject { ["a.b"] = "c" }).Add("/hooks/" + kind, Hook($"cat > {Log}")).Probe("signals", "TERM").Create();
        int pid = container.Pid;
        container.Start().WaitFor("ready").TryDelete("--force").ShouldExit(0);
        var state = JsonNode.Parse(File.ReadAllText(Log))!;
        ((string)state["id"]!).Should().Be(container.Id);
        ((string)state["bundle"]!).Should().Be(container.Bundle);
        ((string)state["status"]!).Should().StartWith(status);
        ((string)state["ociVersion"]!).Should().NotBeEmpty();
        ((string)state["annotations"]!["a.b"]!).Should().Be("c");
        if (kind != "poststop")
            ((int)state["pid"]!).Should().Be(pid);
    }

    [Fact]
    public void Hook_ArgsAndEnv_AreExactlyTheConfigs()
    {
        var hook = new JsonObject { ["path"] = "/bin/sh", ["args"] = new JsonArray("name", "-c", $"echo \"$0|$1|$2\" > {Log}; env >> {Log}", "zero", "one", "two words"), ["env"] = new JsonArray("A=1", "PATH=/usr/bin:/bin") };
        NewContainer().Add("/hooks/createRuntime", hook).Probe("exit", "0").Run().ShouldExit(0);
        var lines = File.ReadAllLines(Log);
        lines[0].Should().Be("zero|one|two words");
        lines[1..].Should().Contain("A=1").And.NotContain(l => l.StartsWith("HOME=", StringComparison.Ordinal));
    }

    [Fact]
    public void Hook_CreateContainer_IsInTheContainersNamespaces()
    {
        NewContainer().Add("/hooks/createContainer", Hook($"readlink /proc/self/ns/net /proc/self/ns/mnt /proc/self/ns/uts > {Log}")).Probe("exit", "0").Run().ShouldExit(0);
        var links = File.ReadAllLines(Log);
        links[0].Should().NotBe(File.ResolveLinkTarget("/proc/self/ns/net", false)!.Name);
        links[1].Should().NotBe(File.ResolveLinkTarget("/proc/self/ns/mnt", false)!.Name);
        links[2].Should().NotBe(File.ResolveLinkTarget("/proc/self/ns/uts", false)!.Name);
    }

    [Fact]
    public void Hook_CreateRuntime_IsInTheRuntimesNamespaces()
    {
        NewContainer().Add("/hooks/createRuntime", Hook($"readlink /proc/self/ns/net /proc/self/ns/mnt > {Log}")).Probe("exit", "0").Run().ShouldExit(0);
        File.ReadAllLines(Log).Should().Equal(
            File.ResolveLinkTarget("/proc/self/ns/net", false)!.Name, File.ResolveLinkTarget("/proc/self/ns/mnt", false)!.Name);
    }

    [Theory]
    [InlineData("prestart")]
    [InlineData("createRuntime")]
    [InlineData("createContainer")]
    public void Hook_FailsDuringCreate_CreateFailsAndLeavesNothing(string kind)
    {
        var container = NewContainer().Add("/hooks/" + kind, Hook("echo reason >&2; exit 7")).Probe("exit", "0");
        var result = container.TryCreate().ShouldFailWith("reason");
        result.Error.Should().Contain("7");
        container.TryState().ShouldFailWith("container does not exist");
    }

    [Fact]
    public void Hook_StartContainerFails_StartFailsAndProgramDoesNotRun()
    {
        var container = NewContainer().Add("/hooks/startContainer", Hook("exit 7")).Args("sh", "-c", "echo ran").Create();
        container.TryStart();
        Wait.Until(() => container.TryState() is var s && (s.ExitCode != 0 || s.Output.Contains("stopped", StringComparison.Ordinal)), "the container is stopped or gone");
        container.Output.Should().BeEmpty();
    }

    [ClaimTheory("S15, S16: a container whose start failed by a hook is destroyed, its poststop hooks run once; runc's start has gone by then")]
    [InlineData("startContainer", "create")]
    [InlineData("startContainer", "run")]
    [InlineData("poststart", "create")]
    [InlineData("poststart", "run")]
    public void Hook_OfStartFails_ContainerIsDestroyed(string kind, string verb)
    {
        var container = NewContainer().Add("/hooks/" + kind, Hook("exit 7")).Add("/hooks/poststop", Hook($"echo poststop >> {Log}")).Probe("signals", "TERM");
        (verb == "create" ? container.Create().TryStart() : container.Run()).ShouldFailWith("hooks/" + kind).Error.Should().NotContain("not run");
        container.TryState().ShouldFailWith("container does not exist");
        File.ReadAllLines(Log).Should().Equal("poststop");
    }

    [ClaimFact("start reports that a startContainer hook failed; runc's start has gone by then")]
    public void Hook_StartContainerFails_StartSaysWhich()
    {
        NewContainer().Add("/hooks/startContainer", Hook("echo reason >&2; exit 7")).Probe("exit", "0").Create().TryStart().ShouldFailWith("startContainer", "reason");
    }

    [ClaimFact("S16: a poststart hook that fails stops the container; runc 1.1 runs it at create")]
    public void Hook_PoststartFails_ContainerIsStopped()
    {
        var container = NewContainer().Add("/hooks/poststart", Hook("exit 7")).Probe("signals", "TERM").Create();
        container.TryStart().ShouldFailWith();
        Wait.Until(() => container.TryState() is var s && (s.ExitCode != 0 || s.Output.Contains("stopped", StringComparison.Ordinal)), "the container is stopped (S16)");
    }

    [ClaimFact("S17: a poststop hook that fails is a warning, the others run and delete succeeds; runc stops at the first")]
    public void Hook_PoststopFails_TheOthersRun()
    {
        var container = NewContainer().Add("/hooks/poststop", Hook("exit 7")).Add("/hooks/poststop", Hook($"echo second > {Log}")).Probe("exit", "0")
            .Create().Start().WaitStopped();
        container.Delete();
        File.ReadAllText(Log).Should().Be("second\n");
    }

    [ClaimFact("C25: delete --force ends a start that waits for a hook; runc 1.1 keeps no lock")]
    public void Hook_StartContainerHangs_DeleteForceEndsIt()
    {
        var container = NewContainer().Add("/hooks/startContainer", Hook("sleep 600")).Probe("exit", "0").Create();
        using var start = container.Verb("start", container.Id).Start();
        Wait.Until(() => container.Status == "running", "start has said its word");
        container.TryDelete("--force").ShouldExit(0);
        start.Wait().ExitCode.Should().NotBe(0);
    }

    [ClaimFact("C61: a delete that was killed can be repeated; the files of the state directory are ours")]
    public void Delete_PoststopWithoutItsConfig_WarnsAndRemoves()
    {
        var container = NewContainer().Add("/hooks/poststop", Hook("exit 0")).Probe("sleep", "60").Create();
        File.Delete(Path.Combine(container.StateRoot, container.Id, "config.json"));
        container.TryDelete("--force").ShouldExit(0).Error.Should().Contain("/hooks/poststop");
        container.TryState().ShouldFailWith("container does not exist");
    }

    [Fact]
    public void Hook_Timeout_IsKilled()
    {
        var hook = Hook("exec sleep 60");
        hook["timeout"] = 1;
        NewContainer().Add("/hooks/createRuntime", hook).Probe("exit", "0").TryCreate().ShouldFailWith();
    }

    [ClaimFact("S100: a hook that is out of time is killed with its children; runc waits for their end of the pipe")]
    public void Hook_TimeoutWithChildren_AllAreKilled()
    {
        var hook = Hook("sleep 60; true");
        hook["timeout"] = 1;
        NewContainer().Add("/hooks/createRuntime", hook).Probe("exit", "0").TryCreate().ShouldFailWith("createRuntime");
    }

    [Theory]
    [InlineData("createRuntime")]
    [InlineData("startContainer")]
    public void Hook_TimeoutWhileItWritesWithoutEnd_IsKilled(string kind)
    {
        // More writers than one reader can follow: there is always something to read.
        var hook = Hook("for i in 1 2; do dd if=/dev/zero bs=64k 2>/dev/null & done; exec dd if=/dev/zero bs=64k 2>/dev/null");
        hook["timeout"] = 1;
        var container = NewContainer().Add("/hooks/" + kind, hook).Probe("exit", "0");
        container.Run().ShouldFailWith(kind, RuntimeUnderTest.IsOurs ? "timeout of 1 s" : "");
    }

    [Fact]
    public void Hook_NeverReadsItsInput_Works()
    {
        NewContainer().Set("/annotations", new JsonObject { ["long"] = new string('x', 200000) })
            .Add("/hooks/createRuntime", Hook("exec 0<&-; exit 0")).Probe("exit", "0").Run().ShouldExit(0);
    }

    [Fact]
    public void Hook_CreateContainerNeverReadsItsInput_InitStillWaits()
    {
        // Its broken pipe is a signal that the waiting init would take for its own. A long state, so that the write meets the closed end.
        var container = NewContainer().Set("/annotations", new JsonObject { ["long"] = new string('x', 200000) })
            .Add("/hooks/createContainer", Hook("exec 0<&-; exit 0")).Probe("sleep", "60").Create();
        Thread.Sleep(100);
        container.Status.Should().Be("created");
        container.Start().Status.Should().Be("running");
    }

    [Fact]
    public void Hook_Missing_NamesIt()
    {
        NewContainer().Add("/hooks/createRuntime", new JsonObject { ["path"] = "/no/such/hook" }).Probe("exit", "0").TryCreate().ShouldFailWith("/no/such/hook");
    }

    [Fact]
    public void Hook_Descriptors_AreTheThreeStandardOnes()
    {
        var container = NewContainer().Add("/hooks/createRuntime", Hook($"ls /proc/self/fd > {Log}")).Probe("exit", "0");
        container.Verb("run", "--bundle", container.Bundle, container.Id).Redirect("7</etc/passwd").Run().ShouldExit(0);
        // ls itself opens the directory.
        File.ReadAllLines(Log).Should().BeEquivalentTo("0", "1", "2", "3");
    }

    [Theory]
    [InlineData("prestart")]
    [InlineData("createRuntime")]
    [InlineData("poststop")]
    public void Hook_NoEnv_HasTheRuntimesEnvironmentAndUmask(string kind)
    {
        var container = NewContainer().Add("/hooks/" + kind, Hook($"echo $COLOUR $(umask) > {Log}")).Probe("exit", "0");
        container.Verb("run", "--bundle", container.Bundle, container.Id).Env("COLOUR", "blue").Run().ShouldExit(0);
        File.ReadAllText(Log).Should().Be("blue 0022\n");
    }

    // crun gives createContainer hooks the runtime's environment and directory.
    [Fact]
    public void Hook_CreateContainerNoEnv_HasTheProgramsEnvironment()
    {
        Assert.SkipWhen(RuntimeUnderTest.IsCrun, "crun gives it the environment of the runtime");
        var container = NewContainer().Add("/process/env", "COLOUR=green").Add("/hooks/createContainer", Hook($"echo $COLOUR $(umask) $(pwd) > {Log}")).Probe("exit", "0");
        container.Verb("run", "--bundle", container.Bundle, container.Id).Env("COLOUR", "blue").Run().ShouldExit(0);
        File.ReadAllText(Log).Should().Be($"green 0022 {container.Rootfs}\n");
    }
}
