namespace OciRun.Integration;

/// <summary>
/// podman and CRI-O's monitor: conmon itself where it is installed, else its command lines, and what podman calls on its own (C53, C58 to C61, C71, C73, C75, C80, C90, C91, C94).
/// </summary>
public sealed class ConmonTests : IntegrationTest
{
    private string Log => Path.Combine(Sandbox.Directory, "oci-log");

    /// <summary>podman's own calls: nothing in the environment but what it sets, not even PATH for some.</summary>
    private Command Podman(Container container, params string[] words) => Sandbox.Program(
        ["env", "-i", "XDG_RUNTIME_DIR=" + Sandbox.Directory, RuntimeUnderTest.Path, "--root", container.StateRoot, .. words]);

    /// <summary>conmon as podman starts it; what it says of the container is in the file of the sync pipe.</summary>
    private CommandResult Monitor(Container container, params string[] words)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/conmon"), "conmon is not installed");
        container.Verb("list"); // writes config.json
        string exits = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "exits")).FullName;
        return Sandbox.Program(
        [
            "conmon", "--api-version", "1", "--cid", container.Id, "--cuuid", container.Id, "--runtime", RuntimeUnderTest.Path, "--bundle", container.Bundle,
            "--container-pidfile", Path.Combine(Sandbox.Directory, "pidfile"), "--conmon-pidfile", Path.Combine(Sandbox.Directory, "conmon.pid"), "--name", "test",
            "--exit-dir", exits, "--full-attach", "--log-level", "error", "--log-path", "k8s-file:" + Path.Combine(Sandbox.Directory, "ctr.log"),
            "--socket-dir-path", Sandbox.Directory, "--runtime-arg", "--root", "--runtime-arg", container.StateRoot,
            "--runtime-arg", "--log-format=json", "--runtime-arg", "--log", "--runtime-arg", Log, .. words,
        ]).Env("_OCI_SYNCPIPE", "5").Redirect($"5>'{SyncFile}'").Run();
    }

    private string SyncFile => Path.Combine(Sandbox.Directory, "sync");

    private JsonNode Sync()
    {
        Wait.Until(() => File.ReadAllText(SyncFile).Contains('\n', StringComparison.Ordinal), "conmon reports");
        return JsonNode.Parse(File.ReadAllLines(SyncFile)[0])!;
    }

    [Fact]
    public void Conmon_Container_IsItsChildAndItsStatusIsKnown()
    {
        var container = NewContainer().Args("/bin/sh", "-c", "echo out; echo err >&2; exit 7");
        Monitor(container);
        Sandbox.MayLive(container.Id);
        int pid = (int)Sync()["data"]!;
        int conmon = int.Parse(File.ReadAllText(Path.Combine(Sandbox.Directory, "conmon.pid")), System.Globalization.CultureInfo.InvariantCulture);
        container.Pid.Should().Be(pid);
        container.Proc("status").Should().MatchRegex($"PPid:\\s{conmon}\\n", "the subreaper waits for it; no process of ours is in between");
        File.ReadAllText(Log).Should().BeEmpty("nothing was wrong");
        Podman(container, "start", container.Id).Run().ShouldExit(0).Error.Should().BeEmpty();
        string exit = Path.Combine(Sandbox.Directory, "exits", container.Id);
        Wait.Until(() => File.Exists(exit) && File.ReadAllText(exit).Length > 0, "conmon sees the end");
        File.ReadAllText(exit).Should().Be("7");
        File.ReadAllText(Path.Combine(Sandbox.Directory, "ctr.log")).Should().Contain("stdout F out").And.Contain("stderr F err");
        Podman(container, "delete", "--force", container.Id).Run().ShouldExit(0).Error.Should().BeEmpty();
    }

    [Fact]
    public void Conmon_Exec_StatusIsKnown()
    {
        var container = NewContainer().Args("/bin/sleep", "1000").RunDetached();
        string process = Path.Combine(Sandbox.Directory, "exec-process");
        var document = container.Config["process"]!.DeepClone().AsObject();
        document["args"] = new JsonArray("/bin/sh", "-c", "exit 9");
        File.WriteAllText(process, document.ToJsonString());
        Monitor(container, "--exec", "--exec-process-spec", process);
        var sync = Sync();
        Wait.Until(() => File.ReadAllLines(SyncFile).Length > 1, "conmon sees the end");
        ((int)sync["data"]!).Should().BePositive();
        ((int)JsonNode.Parse(File.ReadAllLines(SyncFile)[1])!["data"]!).Should().Be(9);
    }

    /// <summary>podman reads the whole log as one object, and its message decides about the exit status 126 or 127.</summary>
    [Theory]
    [InlineData("/no/such", "no such file or directory")]
    [InlineData("nosuch", "executable file not found in")]
    [InlineData("/etc/passwd", "permission denied")]
    public void Conmon_ProgramCannotRun_LogIsOneObjectWithPodmansWords(string program, string words)
    {
        var container = NewContainer().Args(program);
        Monitor(container);
        var sync = Sync();
        ((int)sync["data"]!).Should().BeNegative();
        string line = (string)sync["message"]!;
        line.Should().Contain(words, "what was on standard error");
        var entry = JsonNode.Parse(File.ReadAllText(Log))!.AsObject();
        ((string)entry["level"]!).Should().Be("error");
        ((string)entry["msg"]!).Should().Contain(words);
        Directory.Exists(Path.Combine(container.StateRoot, container.Id)).Should().BeFalse();
    }

    [Fact]
    public void Create_ByWordsOfConmonRs_TerminalAndExecWithArguments()
    {
        var container = NewContainer().Set("/process/terminal", true).Args("/bin/sleep", "1000");
        string path = Path.Combine(Sandbox.Directory, "tty.sock");
        using var socket = new ConsoleSocket(path);
        container.Verb("list");
        container.Create(Sandbox.Runtime($"--root={container.StateRoot}", "create", "--bundle", container.Bundle, "--pid-file", Path.Combine(Sandbox.Directory, "pid"), $"--console-socket={path}", container.Id)).ShouldExit(0);
        using var first = socket.Receive();
        container.Start();
        Sandbox.Runtime($"--root={container.StateRoot}", "exec", "-d", $"--console-socket={path}", "--tty", $"--pid-file={Sandbox.Directory}/exec.pid", container.Id, "sh", "-c", "tty; sleep 5").Run().ShouldExit(0);
        using var master = socket.Receive();
        TerminalMaster.ReadUntil(master, "/dev/").Should().Contain("/dev/pts");
    }

    /// <summary>podman calls kill with numbers and checks a failure by kill(pid, 0) itself; delete has no PATH.</summary>
    [Fact]
    public void Podman_Calls_WorkWithoutAnEnvironment()
    {
        var container = NewContainer().Args("/bin/sleep", "1000").Create();
        Podman(container, "start", container.Id).Run().ShouldExit(0).Error.Should().BeEmpty();
        Podman(container, "pause", container.Id).Run().ShouldExit(0).Error.Should().BeEmpty();
        Podman(container, "resume", container.Id).Run().ShouldExit(0).Error.Should().BeEmpty();
        Podman(container, "kill", container.Id, "10").Run().ShouldExit(0).Error.Should().BeEmpty();
        Podman(container, "kill", "--all", container.Id, "9").Run().ShouldExit(0).Error.Should().BeEmpty();
        container.WaitStopped();
        Podman(container, "kill", container.Id, "9").Run().ShouldFailWith("container not running");
        Podman(container, "delete", "--force", container.Id).Run().ShouldExit(0).Error.Should().BeEmpty();
        Podman(container, "delete", "--force", container.Id).Run().ShouldExit(0).Error.Should().BeEmpty();
    }

    [Fact]
    public void Podman_Update_IsAFileOfResources()
    {
        Assert.SkipUnless(CgroupView.Has("pids"), "no pids controller");
        var container = NewContainer().Args("/bin/sleep", "1000").RunDetached();
        string file = Path.Combine(Sandbox.Directory, "resources");
        File.WriteAllText(file, """{"pids":{"limit":55}}""");
        Podman(container, "update", "--resources=" + file, container.Id).Run().ShouldExit(0).Error.Should().BeEmpty();
        CgroupView.Read("pids", "/" + container.Id, "pids.max").Trim().Should().Be("55");
    }

    /// <summary>podman's --preserve-fds is a --runtime-opt of conmon.</summary>
    [Fact]
    public void Streams_OfTheCaller_AreTheProgramsOwnAndBelongToItsUser()
    {
        string pipe = Path.Combine(Sandbox.Directory, "pipe");
        Sandbox.Program("mkfifo", "-m", "600", pipe).Run().ShouldExit(0);
        var container = NewContainer().Set("/process/user", new JsonObject { ["uid"] = 1234, ["gid"] = 1234 }).Args("/bin/sh", "-c", "exec 3>/proc/self/fd/1; echo again >&3");
        container.Verb("list");
        string before = Sandbox.Program("stat", "-c", "%u %a", "/dev/null").Run().Output;
        // The pipe is opened anew by an ordinary user, which its owner may only; /dev/null, the third stream, is the machine's own and keeps its owner.
        var result = Sandbox.Program("sh", "-c", "exec 4<>\"$1\"; shift; \"$@\" >&4 2>/dev/null; head -n 1 <&4", "sh", pipe, RuntimeUnderTest.Path, "--root", container.StateRoot, "run", "--bundle", container.Bundle, container.Id).Run();
        result.ShouldExit(0).Output.Should().Be("again\n");
        Sandbox.Program("stat", "-c", "%u %a", "/dev/null").Run().Output.Should().Be(before);
    }

    [Fact]
    public void PidfdSocket_OfCreate_GetsAPidFdAndTheWordStandard()
    {
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "runc 1.3 and later");
        string path = Path.Combine(Sandbox.Directory, "pidfd.sock");
        using var socket = new ConsoleSocket(path);
        var container = NewContainer().Args("/bin/sleep", "1000").Create("--pidfd-socket", path);
        using var pidfd = socket.Receive();
        socket.Payload.Should().Be("standard");
        File.ReadAllText($"/proc/self/fdinfo/{pidfd.SafeFileHandle.DangerousGetHandle()}").Should().MatchRegex($"Pid:\\s{container.Pid}\\n");
    }

    [Fact]
    public void PidFile_RelativePath_IsInTheCallersDirectoryAndPidNamespace()
    {
        var container = NewContainer().Args("/bin/sleep", "1000");
        container.Verb("list");
        var result = Sandbox.Program("unshare", "--pid", "--fork", "--mount-proc", "sh", "-c",
            "\"$@\" && cat pid && echo && grep PPid: /proc/$(cat pid)/status && \"$0\" --root \"$3\" delete --force \"$8\"", RuntimeUnderTest.Path,
            RuntimeUnderTest.Path, "--root", container.StateRoot, "create", "--bundle", container.Bundle, "--pid-file=pid", container.Id).Run();
        result.Output.Should().MatchRegex("^[0-9]+\\nPPid:\\s1\\n", "whoever is the reaper there gets it");
        int.Parse(result.Output.Split('\n')[0], System.Globalization.CultureInfo.InvariantCulture).Should().BeLessThan(1000, "in the namespace of the caller");
    }

    /// <summary>podman run --group-add keep-groups; io.podman.* and the like are nobody's business.</summary>
    [Fact]
    public void KeepOriginalGroups_OfPodman_CallersGroupsStay()
    {
        Assert.SkipUnless(RuntimeUnderTest.IsOurs || RuntimeUnderTest.IsCrun, "crun's annotation");
        foreach (bool keep in new[] { true, false })
        {
            var container = NewContainer().Args("/bin/id", "-G").Set("/annotations", new JsonObject { ["io.podman.annotations.autoremove"] = "FALSE", ["run.oci.keep_original_groups"] = keep ? "1" : "0" });
            container.Verb("list");
            string groups = container.Wrapped(["setpriv", "--groups", "4242"], "run", "--bundle", container.Bundle, container.Id).Run().ShouldExit(0).Output;
            groups.Split().Contains("4242").Should().Be(keep);
        }
    }
}
