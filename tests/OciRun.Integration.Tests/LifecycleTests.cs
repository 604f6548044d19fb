namespace OciRun.Integration;

/// <summary>The operations of runtime.md and their errors (S8–S29, C20–C28).</summary>
public sealed class LifecycleTests : IntegrationTest
{
    [ClaimFact("S11: a container without a process can be created (runtime.md, Create); runc and crun refuse or die")]
    public void Create_WithoutProcess_WorksAndStartFails()
    {
        var container = NewContainer().Remove("/process").Create();
        container.Status.Should().Be("created");
        container.TryStart().ShouldFailWith("/process: process not set");
        container.Status.Should().Be("created");
        container.TryDelete("--force").ShouldExit(0);
    }

    [Fact]
    public void Lifecycle_CreateStartKillDelete_StatesFollow()
    {
        var container = NewContainer().Probe("signals", "TERM", "3").Create();
        container.Status.Should().Be("created");
        container.Output.Should().BeEmpty("the program must not run before start (S10)");

        container.Start().WaitFor("ready");
        container.Status.Should().Be("running");

        container.Kill("TERM").WaitStopped();
        container.Delete();
        container.TryState().ShouldFailWith("container does not exist");
    }

    [Fact]
    public void State_Created_HasTheRequiredFields()
    {
        var container = NewContainer().Probe("sleep", "60").Set("/annotations", new JsonObject { ["org.example.key"] = "some value" }).Create();
        var state = container.State();
        ((string)state["id"]!).Should().Be(container.Id);
        ((string)state["bundle"]!).Should().Be(container.Bundle);
        ((string)state["status"]!).Should().Be("created");
        ((string)state["ociVersion"]!).Should().StartWith("1.");
        ((string)state["annotations"]!["org.example.key"]!).Should().Be("some value");
        Directory.Exists($"/proc/{(int)state["pid"]!}").Should().BeTrue("pid is that of the init in our namespace");
    }

    [Fact]
    public void State_RelativeBundle_IsReportedAbsolute()
    {
        var container = NewContainer().Probe("sleep", "60");
        var command = container.Verb("create", "--bundle", Path.GetFileName(container.Bundle), container.Id);
        command.WorkingDirectory = Sandbox.Directory;
        container.Create(command).ShouldExit(0);
        ((string)container.State()["bundle"]!).Should().Be(container.Bundle);
    }

    [Fact]
    public void State_Missing_Fails() => NewContainer().TryState().ShouldFailWith("container does not exist");

    [Fact]
    public void State_StdoutIsJsonOnly_AndNothingOnStderr()
    {
        var container = NewContainer().Probe("sleep", "60").Create();
        var result = container.TryState().ShouldExit(0);
        result.Error.Should().BeEmpty();
        JsonNode.Parse(result.Output).Should().NotBeNull();
    }

    [Theory]
    [InlineData("state")]
    [InlineData("start")]
    [InlineData("kill")]
    [InlineData("delete")]
    [InlineData("create")]
    public void Verb_NoId_Fails(string verb)
    {
        var result = Sandbox.Runtime("--root", Sandbox.StateRoot, verb).Run();
        result.ExitCode.Should().NotBe(0);
        (result.Output + result.Error).Should().NotBeEmpty();
    }

    [Fact]
    public void Create_IdTaken_FailsAndLeavesTheFirst()
    {
        var container = NewContainer().Probe("sleep", "60").Create();
        int pid = container.Pid;
        container.Verb("create", "--bundle", container.Bundle, container.Id).Run().ShouldFailWith("exists");
        container.Status.Should().Be("created");
        container.Pid.Should().Be(pid);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("../x")]
    [InlineData("a b")]
    [InlineData("")]
    public void Create_InvalidId_Fails(string id)
    {
        var container = NewContainer();
        var result = container.Verb("create", "--bundle", container.Bundle, id).Run();
        result.ExitCode.Should().NotBe(0);
        Directory.GetFileSystemEntries(Sandbox.Directory).Select(Path.GetFileName).Should().NotContain("x");
    }

    [Fact]
    public void Create_IdOfAllAllowedCharacters_Works()
    {
        var container = NewContainer().Probe("exit", "0");
        container.Verb("run", "--bundle", container.Bundle, "A_z.0+9-" + container.Id).Run().ShouldExit(0);
    }

    [Fact]
    public void Create_NoConfig_NamesTheFile()
    {
        var container = NewContainer();
        var command = container.Verb("create", "--bundle", container.Bundle, container.Id);
        File.Delete(Path.Combine(container.Bundle, "config.json"));
        command.Run().ShouldFailWith("config.json");
    }

    [Fact]
    public void Create_ConfigTruncated_Fails()
    {
        var container = NewContainer();
        var command = container.Verb("create", "--bundle", container.Bundle, container.Id);
        string file = Path.Combine(container.Bundle, "config.json");
        File.WriteAllText(file, File.ReadAllText(file)[..200]);
        command.Run().ShouldFailWith();
    }

    [Fact]
    public void Create_ConfigChangesAfterwards_ContainerKeepsWhatItHad()
    {
        var container = NewContainer().Args("sh", "-c", "echo first").Create();
        container.Args("sh", "-c", "echo second").Start();
        container.WaitFor("first").WaitStopped();
        container.Output.Should().Be("first\n");
    }

    [Fact]
    public void Create_IdUsedBeforeAndDeleted_WorksAgain()
    {
        var container = NewContainer().Probe("sleep", "60");
        for (int i = 0; i < 3; i++)
        {
            container.Create();
            container.TryDelete("--force").ShouldExit(0);
        }
    }

    [Fact]
    public void Create_Fails_IdIsFreeAtOnce()
    {
        var container = NewContainer().Args("/no/such/program");
        container.TryCreate().ShouldFailWith();
        container.Probe("sleep", "60").Create().Status.Should().Be("created");
    }

    [Fact]
    public void Start_Running_FailsWithoutEffect()
    {
        var container = NewContainer().Probe("signals", "TERM").Create().Start().WaitFor("ready");
        container.TryStart().ShouldFailWith("cannot start an already running container");
        container.Status.Should().Be("running");
    }

    [Fact]
    public void Start_Stopped_Fails()
    {
        var container = NewContainer().Probe("exit", "0").Create().Start().WaitStopped();
        container.TryStart().ShouldFailWith("cannot start a container that has stopped");
    }

    [Fact]
    public void Start_Missing_Fails() => NewContainer().TryStart().ShouldFailWith("container does not exist");

    [Fact]
    public void Kill_Stopped_FailsWithTheWordsThatEnginesSearch()
    {
        var container = NewContainer().Probe("exit", "0").Create().Start().WaitStopped();
        container.TryKill("KILL").ShouldFailWith("container not running");
    }

    [Fact]
    public void Kill_Missing_Fails() => NewContainer().TryKill("KILL").ShouldFailWith("container does not exist");

    [Theory]
    [InlineData("TERM", "SIGTERM")]
    [InlineData("SIGUSR1", "SIGUSR1")]
    [InlineData("1", "SIGHUP")]
    [InlineData("10", "SIGUSR1")]
    [InlineData("WINCH", "SIGWINCH")]
    public void Kill_SignalByNameOrNumber_ReachesTheInit(string signal, string received)
    {
        var container = NewContainer().Probe("signals", "USR2").Create().Start().WaitFor("ready");
        container.Kill(signal).WaitFor($"signals {received}: received");
        container.Kill("USR2").WaitStopped();
    }

    [Fact]
    public void Kill_NoSignalGiven_IsTerm()
    {
        var container = NewContainer().Probe("signals", "TERM", "0").Create().Start().WaitFor("ready");
        container.TryKill().ShouldExit(0);
        container.WaitFor("signals SIGTERM: received").WaitStopped();
    }

    [Fact]
    public void Kill_UnknownSignal_Fails()
    {
        var container = NewContainer().Probe("sleep", "60").Create();
        container.TryKill("NOSUCH").ShouldFailWith("NOSUCH");
        container.Status.Should().Be("created");
    }

    [Fact]
    public void Kill_All_EndsEveryProcess()
    {
        var container = NewContainer().Probe("orphan", "60", "+", "signals", "TERM").Create().Start().WaitFor("ready");
        container.Verb("kill", "--all", container.Id, "KILL").Run().ShouldExit(0);
        container.WaitStopped();
    }

    [Fact]
    public void Delete_Running_FailsWithoutEffect()
    {
        var container = NewContainer().Probe("signals", "TERM").Create().Start().WaitFor("ready");
        container.TryDelete().ShouldFailWith($"cannot delete container {container.Id} that is not stopped: running");
        container.Status.Should().Be("running");
    }

    [Fact]
    public void Delete_ForceRunning_EndsIt()
    {
        var container = NewContainer().Probe("signals", "TERM").Create().Start().WaitFor("ready");
        int pid = container.Pid;
        container.TryDelete("--force").ShouldExit(0);
        container.TryState().ShouldFailWith("container does not exist");
        Wait.Until(() => !File.Exists($"/proc/{pid}/exe"), "the init is gone");
    }

    [Fact]
    public void State_InitIsStoppedBeforeStart_IsCreatedHoweverOftenAsked()
    {
        var container = NewContainer().Probe("sleep", "60").Create();
        string pid = container.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Sandbox.Program("sh", "-c", "kill -STOP " + pid).Run().ShouldExit(0);
        for (int i = 0; i < 20; i++)
            container.Status.Should().Be("created");
        Sandbox.Program("sh", "-c", "kill -CONT " + pid).Run().ShouldExit(0);
        container.Start().Status.Should().Be("running");
    }

    [ClaimFact("C25: what a foreground run leaves to delete is its own container; the option is ours")]
    public void Delete_ForceOfAnotherInit_LeavesTheContainer()
    {
        var container = NewContainer().Probe("sleep", "60").Create();
        container.TryDelete("--force", "--init", "1").ShouldExit(0);
        container.Status.Should().Be("created");
        container.TryDelete("--force", "--init", container.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture)).ShouldExit(0);
        container.TryState().ShouldFailWith("container does not exist");
    }

    [Fact]
    public void Delete_ForceMissing_Succeeds() => NewContainer().TryDelete("--force").ShouldExit(0);

    [Fact]
    public void Delete_Missing_Fails() => NewContainer().TryDelete().ShouldFailWith("does not exist");

    [Fact]
    public void Create_PidFile_HoldsTheInit()
    {
        var container = NewContainer().Probe("sleep", "60");
        string file = Path.Combine(Sandbox.Directory, "pid");
        container.Create("--pid-file", file);
        File.ReadAllText(file).Should().Be($"{container.Pid}");
    }

    [Fact]
    public void Run_Detached_LeavesItRunning()
    {
        var container = NewContainer().Probe("signals", "TERM");
        string file = Path.Combine(Sandbox.Directory, "pid");
        container.RunDetached("--pid-file", file);
        container.WaitFor("ready").Status.Should().Be("running");
        File.ReadAllText(file).Should().Be($"{container.Pid}");
        container.Kill("TERM").WaitStopped();
        container.Delete();
    }

    [Fact]
    public void List_TwoContainers_BothAreThere()
    {
        var first = NewContainer().Probe("sleep", "60").Create();
        var second = NewContainer().Probe("sleep", "60").Create().Start();
        var list = JsonNode.Parse(first.Verb("list", "--format", "json").Run().ShouldExit(0).Output)!.AsArray();
        list.Select(e => ((string)e!["id"]!, (string)e["status"]!, (int)e["pid"]!, (string)e["bundle"]!)).Should().BeEquivalentTo(new[]
        {
            (first.Id, "created", first.Pid, first.Bundle),
            (second.Id, "running", second.Pid, second.Bundle),
        });
        first.Verb("list", "-q").Run().ShouldExit(0).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().BeEquivalentTo(first.Id, second.Id);
        var table = first.Verb("list").Run().ShouldExit(0).Output.Split('\n');
        table[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Should().Equal("ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER");
        table.Should().Contain(l => l.StartsWith(first.Id, StringComparison.Ordinal) && l.Contains("created", StringComparison.Ordinal));
    }

    [Fact]
    public void Spec_NewDirectory_WritesAConfigThatRuns()
    {
        var container = NewContainer();
        var spec = Sandbox.Runtime("spec", "--bundle", container.Bundle);
        spec.Run().ShouldExit(0);
        string file = Path.Combine(container.Bundle, "config.json");
        var config = JsonNode.Parse(File.ReadAllText(file))!;
        config["process"]!["capabilities"]!["inheritable"].Should().BeNull("CVE-2022-24769 (X8)");
        config["process"]!["terminal"] = false;
        config["process"]!["args"] = new JsonArray("/bin/probe", "report");
        File.WriteAllText(file, config.ToJsonString());

        var report = Sandbox.Runtime("--root", Sandbox.StateRoot, "run", "--bundle", container.Bundle, container.Id).Run().ShouldExit(0).Probe.Report;
        report.Mask("CapInh").Should().Be(0);
        report.Mask("CapEff").Should().Be(1UL << 29 | 1UL << 5 | 1UL << 10);
        report.Status("NoNewPrivs").Should().Be("1");

        spec.Run().ExitCode.Should().NotBe(0, "spec must not overwrite a config");
    }

    [Fact]
    public void Verb_Unknown_FailsAndNamesIt()
    {
        var result = Sandbox.Runtime("nosuchverb").Run();
        if (RuntimeUnderTest.IsOurs)
        {
            result.ExitCode.Should().NotBe(0);
            result.Error.Should().Contain("nosuchverb").And.Contain("--help");
        }
        else
        {
            (result.Output + result.Error).Should().Contain("nosuchverb");
        }
    }
}
