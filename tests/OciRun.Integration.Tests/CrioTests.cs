namespace OciRun.Integration;

/// <summary>CRI-O without conmon, buildah, and docker's questions: their command lines and what they read of the answers (C10, C33, C78, C92, C93, C96, C98).</summary>
public sealed class CrioTests : IntegrationTest
{
    private Command Crio(Container container, params string[] words) => Sandbox.Runtime(["--root", container.StateRoot, .. words]);

    /// <summary>exec.Cmd.CombinedOutput: both streams are one.</summary>
    private string Combined(params string[] words) => Sandbox.Program(["sh", "-c", "exec \"$0\" \"$@\" 2>&1", RuntimeUnderTest.Path, .. words]).Run().ShouldExit(0).Output;

    [Fact]
    public void Crio_Calls_WorkAsItMakesThem()
    {
        var container = NewContainer().Args("/bin/sleep", "1000").Create();
        Crio(container, "start", container.Id).Run().ShouldExit(0);
        var state = JsonNode.Parse(Crio(container, "state", container.Id).Run().ShouldExit(0).Output)!;
        ((string)state["status"]!).Should().Be("running");
        ((string)state["ociVersion"]!).Should().NotBeEmpty();
        ((int)state["pid"]!).Should().BePositive();
        DateTimeOffset.Parse((string)state["created"]!, System.Globalization.CultureInfo.InvariantCulture).Should().BeAfter(DateTimeOffset.Now.AddMinutes(-10));
        Crio(container, "pause", container.Id).Run().ShouldExit(0);
        Crio(container, "resume", container.Id).Run().ShouldExit(0);
        Crio(container, "kill", container.Id, "15").Run().ShouldExit(0);
        Sandbox.Runtime($"--root={container.StateRoot}", "kill", "-a", container.Id, "9").Run().ShouldExit(0);
        container.WaitStopped();
        string error = Crio(container, "kill", container.Id, "9").Run().Error;
        error.Should().ContainAny("no such process", "container not running", "invalid process");
        Crio(container, "delete", "--force", container.Id).Run().ShouldExit(0);
    }

    [Fact]
    public void Crio_Exec_IsInTheForegroundOnPipesWithADocument()
    {
        var container = NewContainer().Args("/bin/sleep", "1000").RunDetached();
        string file = Path.Combine(Sandbox.Directory, "exec-process-1");
        var process = container.Config["process"]!.DeepClone().AsObject();
        process["args"] = new JsonArray("/bin/sh", "-c", "cat; echo bad >&2; exit 3");
        File.WriteAllText(file, process.ToJsonString());
        var result = Crio(container, "exec", "--process", file, container.Id).Input("given").Run();
        result.ShouldExit(3).Output.Should().Be("given");
        result.Error.Should().Be("bad\n");
    }

    [Fact]
    public void Crio_Update_IsADocumentOnStandardInput()
    {
        Assert.SkipUnless(CgroupView.Has("pids"), "no pids controller");
        var container = NewContainer().Args("/bin/sleep", "1000").RunDetached();
        Crio(container, "update", "--resources", "-", container.Id).Input("""{"pids":{"limit":66}}""").Run().ShouldExit(0);
        CgroupView.Read("pids", "/" + container.Id, "pids.max").Trim().Should().Be("66");
    }

    [Fact]
    public void Crio_Features_AreJsonAlthoughBothStreamsAreRead()
    {
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "runc 1.1 says nothing of id-mapped mounts, crun 1.8 has no features");
        var features = JsonNode.Parse(Combined("--debug-log", Path.Combine(Sandbox.Directory, "debug"), "features"))!;
        Version.Parse((string)features["ociVersionMin"]!).Should().BeLessThanOrEqualTo(new Version(1, 0, 0));
        ((string)features["ociVersionMax"]!).Should().StartWith("1.");
        features["mountOptions"]!.AsArray().Select(n => (string)n!).Should().Contain("rro", "recursive read-only mounts");
        ((bool)features["linux"]!["mountExtensions"]!["idmap"]!["enabled"]!).Should().BeTrue("user namespaces of pods");
    }

    /// <summary>docker cuts "NAME version X" and "commit: Y" out of it, go-runc also "spec: Z".</summary>
    [Fact]
    public void Docker_Version_HasItsLines()
    {
        string[] lines = Combined("--version").Split('\n');
        lines[0].Should().MatchRegex("^[a-z]+ version \\S+");
        lines.Should().ContainSingle(line => line.StartsWith("commit: ", StringComparison.Ordinal));
        lines.Should().ContainSingle(line => line.StartsWith("spec: ", StringComparison.Ordinal));
    }

    /// <summary>buildah asks for the state until it says stopped, knows no other words than these, and deletes at once without --force.</summary>
    [Fact]
    public void Buildah_Step_IsPolledAndDeletedAtOnce()
    {
        for (int i = 0; i < 5; i++)
        {
            var container = NewContainer().Args("/bin/sh", "-c", "sleep 0.1; exit 4");
            container.Create(container.Verb("create", "--bundle", container.Bundle, "--pid-file", Path.Combine(container.Bundle, "pid"), "--no-new-keyring", container.Id)).ShouldExit(0);
            container.Verb("start", container.Id).Run().ShouldExit(0);
            string status;
            do
            {
                var answer = container.Verb("state", container.Id).Run().ShouldExit(0);
                answer.Error.Should().BeEmpty();
                status = (string)JsonNode.Parse(answer.Output)!["status"]!;
                status.Should().BeOneOf("created", "running", "stopped");
            }
            while (status != "stopped");
            container.Verb("delete", container.Id).Run().ShouldExit(0);
        }
    }

    [Fact]
    public void Buildah_Interrupted_KillsByName()
    {
        var container = NewContainer().Args("/bin/sleep", "1000").RunDetached();
        container.Verb("kill", container.Id).Run().ShouldExit(0);
        container.Verb("kill", container.Id, "SIGKILL").Run().ShouldExit(0);
        container.WaitStopped().Delete();
    }
}
