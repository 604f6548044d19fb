namespace OciRun.Integration;

/// <summary>
/// containerd's shim, by its library go-runc: the command lines, the environment and the files are theirs, and so is what is read of the answers (C70, C71, C76, C77, C95, C97).
/// </summary>
public sealed class ShimTests : IntegrationTest
{
    private static readonly string[] s_gone = ["process already finished", "container not running", "no such process", "does not exist"];

    private readonly Container _container;

    public ShimTests() => _container = NewContainer().Args("/bin/sleep", "1000");

    private string Log => Path.Combine(_container.Bundle, "log.json");

    private string PidFile(string name) => Path.Combine(_container.Bundle, name + ".pid");

    /// <summary>Each of its calls is killed with the shim, stands in the bundle, and gets its log beside it.</summary>
    private Command Call(params string[] words)
    {
        _container.Verb("list"); // writes config.json
        var command = Sandbox.Program(["setpriv", "--pdeathsig", "KILL", RuntimeUnderTest.Path, "--root", _container.StateRoot, "--log", Log, "--log-format", "json", .. words]).Env("NOTIFY_SOCKET", null);
        command.WorkingDirectory = _container.Bundle;
        return command;
    }

    private CommandResult Succeed(params string[] words)
    {
        var result = Call(words).Run().ShouldExit(0);
        result.Error.Should().BeEmpty();
        (File.Exists(Log) ? File.ReadAllText(Log) : "").Should().BeEmpty("what is in the log of a success is taken for an error by some");
        return result;
    }

    /// <summary>go-runc reads the log as a stream of objects and keeps the last whose level is error; without one it shows standard error.</summary>
    private string LastError()
    {
        string message = "";
        foreach (string line in File.ReadAllLines(Log))
        {
            var entry = JsonNode.Parse(line)!.AsObject();
            if ((string?)entry["level"] == "error")
                message = (string)entry["msg"]!;
            DateTimeOffset.Parse((string)entry["time"]!, System.Globalization.CultureInfo.InvariantCulture).Should().BeAfter(DateTimeOffset.UnixEpoch);
        }
        return message;
    }

    private void Create() => _container.Create(Call("create", "--bundle", _container.Bundle, "--pid-file", PidFile("init"), _container.Id)).ShouldExit(0).Error.Should().BeEmpty();

    private string ProcessFile(params string[] args)
    {
        string file = Path.Combine(_container.Bundle, "runc-process123");
        var process = _container.Config["process"]!.DeepClone().AsObject();
        process["args"] = new JsonArray([.. args.Select(w => (JsonNode)w)]);
        File.WriteAllText(file, process.ToJsonString());
        return file;
    }

    [Fact]
    public void Life_AsTheShimLivesIt()
    {
        Create();
        int pid = int.Parse(File.ReadAllText(PidFile("init")), System.Globalization.CultureInfo.InvariantCulture);
        pid.Should().Be(_container.Pid);
        Succeed("start", _container.Id).Output.Should().BeEmpty();
        Succeed("exec", "--process", ProcessFile("/bin/sleep", "1000"), "--detach", "--pid-file", PidFile("exec"), _container.Id);
        int exec = int.Parse(File.ReadAllText(PidFile("exec")), System.Globalization.CultureInfo.InvariantCulture);
        JsonNode.Parse(Succeed("ps", "--format", "json", _container.Id).Output)!.AsArray().Select(n => (int)n!).Should().BeEquivalentTo([pid, exec]);
        Succeed("pause", _container.Id);
        _container.Status.Should().Be("paused");
        Succeed("resume", _container.Id);
        Succeed("kill", _container.Id, "9");
        _container.WaitStopped();
        Succeed("kill", "--all", _container.Id, "9"); // KillAll at the exit of a container without a pid namespace comes too late, and must not fail
        Succeed("delete", _container.Id);
    }

    [Fact]
    public void Update_OnStandardInput_IsTaken()
    {
        Assert.SkipUnless(CgroupView.Has("pids"), "no pids controller");
        Create();
        Call("update", "--resources=-", _container.Id).Input("""{"pids":{"limit":77}}""").Run().ShouldExit(0).Error.Should().BeEmpty();
        CgroupView.Read("pids", "/" + _container.Id, "pids.max").Trim().Should().Be("77");
    }

    [Fact]
    public void Terminal_MasterGoesToTheShimsSocket()
    {
        _container.Set("/process/terminal", true).Args("/bin/sh", "-c", "tty; exec sleep 1000");
        string path = Path.Combine(Sandbox.Directory, "pty.sock");
        using var socket = new ConsoleSocket(path);
        _container.Create(Call("create", "--bundle", _container.Bundle, "--pid-file", PidFile("init"), "--console-socket", path, _container.Id)).ShouldExit(0);
        using var master = socket.Receive();
        Succeed("start", _container.Id);
        TerminalMaster.ReadUntil(master, "/dev/").Should().Contain("/dev/");
    }

    [ClaimFact("C50: a path longer than sun_path is reached through its directory; Debian 12's runc fails")]
    public void Terminal_SocketWithALongPath_IsReached()
    {
        _container.Set("/process/terminal", true).Args("/bin/sleep", "1000");
        string path = Path.Combine(Sandbox.Directory, "pty.sock");
        string directory = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, new string('d', 120))).FullName;
        using var socket = new ConsoleSocket(path);
        File.Move(path, Path.Combine(directory, "pty.sock"));
        _container.Create(Call("create", "--bundle", _container.Bundle, "--console-socket", Path.Combine(directory, "pty.sock"), _container.Id)).ShouldExit(0);
        socket.Receive().Dispose();
    }

    [Fact]
    public void Errors_AreTheLastOfTheLog()
    {
        Create();
        Succeed("start", _container.Id);
        Call("exec", "--process", ProcessFile("/no/such/program"), "--detach", "--pid-file", PidFile("exec"), _container.Id).Run().ExitCode.Should().Be(255);
        LastError().Should().Contain("no such file or directory");
        File.Exists(PidFile("exec")).Should().BeFalse();
        Call("exec", "--process", ProcessFile("nosuchprogram"), "--detach", _container.Id).Run().ExitCode.Should().Be(255);
        LastError().Should().Contain("executable file not found in $PATH");
        File.ReadAllLines(Log).Should().HaveCount(2, "the log is appended to");
    }

    [Fact]
    public void KillAndDelete_OfWhatHasGone_SayItInTheWordsThatAreSearched()
    {
        Create();
        Succeed("kill", _container.Id, "9");
        _container.WaitStopped();
        Call("kill", _container.Id, "15").Run().ExitCode.Should().Be(1);
        LastError().ToLowerInvariant().Should().ContainAny(s_gone);
        Call("delete", _container.Id).Run().ShouldExit(0);
        Call("delete", _container.Id).Run().ExitCode.Should().Be(1);
        LastError().ToLowerInvariant().Should().Contain("does not exist");
        Call("kill", _container.Id, "9").Run().ExitCode.Should().Be(1);
        LastError().ToLowerInvariant().Should().Contain("does not exist");
        Call("delete", "--force", _container.Id).Run().ShouldExit(0);
    }

    [Fact]
    public void Debug_OfTheShim_DoesNotReachTheLog()
    {
        _container.Verb("list");
        Call("--debug", "create", "--bundle", _container.Bundle, "--no-pivot=false", "--no-new-keyring", _container.Id).Run();
        _container.Status.Should().Be("created");
        (File.Exists(Log) ? File.ReadAllLines(Log) : []).Should().NotContain(line => line.Contains("\"error\"", StringComparison.Ordinal));
        Call("delete", "--force", _container.Id).Run().ShouldExit(0);
    }

    /// <summary>buildkit: run --keep, exec beside it, delete when it has ended.</summary>
    [Fact]
    public void RunKeep_AsBuildkitDoes_LeavesTheContainerForDelete()
    {
        _container.Args("/bin/sh", "-c", "exit 5");
        var run = Call("run", "--bundle", _container.Bundle, "--keep", "--pid-file", PidFile("init"), _container.Id).Run();
        run.ExitCode.Should().Be(5);
        _container.Status.Should().Be("stopped");
        var listed = JsonNode.Parse(Succeed("list", "--format=json").Output)!.AsArray().Should().ContainSingle().Subject!;
        ((string)listed["id"]!, (string)listed["status"]!, (string)listed["bundle"]!).Should().Be((_container.Id, "stopped", _container.Bundle));
        Succeed("delete", _container.Id);
    }
}
