namespace OciRun.Integration;

/// <summary>`exec` with terminals, in paused containers, in cgroups below the container's, and as an ordinary user (C26, C50, C52, C65, X33).</summary>
public sealed class ExecStateTests : IntegrationTest
{
    private string SocketPath => Path.Combine(Sandbox.Directory, "tty.sock");

    private Container Running(Action<Container>? change = null)
    {
        var container = NewContainer().Probe("signals", "USR2", "0");
        change?.Invoke(container);
        return container.RunDetached().WaitFor("ready");
    }

    [Fact]
    public void Terminal_Detached_MasterGoesToTheSocket()
    {
        var container = Running();
        using var socket = new ConsoleSocket(SocketPath);
        container.Exec(["--detach", "--tty", "--console-socket", SocketPath], "sh", "-c", "tty; read line; echo got $line; sleep 5").ShouldExit(0);
        using var master = socket.Receive();
        socket.Payload.Should().NotBeEmpty();
        TerminalMaster.ReadUntil(master, "/dev/pts/");
        master.Write("hello\n"u8);
        TerminalMaster.ReadUntil(master, "got hello");
    }

    // The line of conmon and of the shim of containerd.
    [Fact]
    public void Terminal_OfADocument_HasItsSizeAndItsUser()
    {
        var container = Running();
        using var socket = new ConsoleSocket(SocketPath);
        var document = new JsonObject
        {
            ["terminal"] = true,
            ["consoleSize"] = new JsonObject { ["height"] = 11, ["width"] = 22 },
            ["user"] = new JsonObject { ["uid"] = 1000, ["gid"] = 1000 },
            ["args"] = new JsonArray("/bin/probe", "tty", "+", "open", "/proc/self/fd/0", "rw", "+", "sleep", "5"),
            ["cwd"] = "/",
        };
        string pidFile = Path.Combine(Sandbox.Directory, "exec.pid");
        container.ExecDocument(document, "--pid-file", pidFile, "--detach", "--tty", "--console-socket", SocketPath).ShouldExit(0);
        using var master = socket.Receive();
        TerminalMaster.ReadUntil(master, "open /proc/self/fd/0: ok").Should().Contain("tty: 1 1 1 11x22 ");
        File.ReadAllText(pidFile).Should().NotBeEmpty();
    }

    [ClaimFact("runc's terminal takes no input from a file: epoll refuses it")]
    public void Terminal_Foreground_IsRelayedAndTheStatusIsTheProgramsOwn()
    {
        var result = Running().ExecCommand(["--tty"], "sh", "-c", "read line; echo got $line; exit 7").Input("hello\n").Run().ShouldExit(7);
        result.Output.Should().Contain("got hello");
    }

    [Fact]
    public void Terminal_DetachedWithoutSocket_IsRefused() =>
        Running().Exec(["--detach", "--tty"], "/bin/true").ShouldExit(255).Error.Should().Contain("will detach without setting console socket");

    [Fact]
    public void Socket_WithoutTerminal_IsRefused() =>
        Running().Exec(["--detach", "--console-socket", SocketPath], "/bin/true").ShouldExit(255).Error.Should().Contain("cannot use console socket if");

    [ClaimFact("C52: Debian 12's runc has no --pidfd-socket for exec")]
    public void PidFdSocket_GetsAPidFdAndTheWordSetns()
    {
        using var socket = new ConsoleSocket(SocketPath);
        Running().Exec(["--detach", "--pidfd-socket", SocketPath], "/bin/probe", "sleep", "5").ShouldExit(0);
        using var pidfd = socket.Receive();
        socket.Payload.Should().Be("setns");
        File.ReadAllText($"/proc/self/fdinfo/{pidfd.SafeFileHandle.DangerousGetHandle()}").Should().Contain("Pid:");
    }

    [Fact]
    public void Paused_Container_IsAnErrorUnlessItIsIgnored()
    {
        Assert.SkipUnless(CgroupView.Has("freezer") || CgroupView.IsUnified, "no freezer");
        var container = Running();
        string freezer = CgroupView.IsUnified ? CgroupView.PathOf("", "/" + container.Id) + "/cgroup.freeze" : CgroupView.PathOf("freezer", "/" + container.Id) + "/freezer.state";
        File.WriteAllText(freezer, CgroupView.IsUnified ? "1" : "FROZEN");
        try
        {
            Wait.Until(() => container.Status == "paused", "the container is paused");
            container.Exec([], "/bin/true").ShouldExit(255).Error.Should().Contain("exec failed: cannot exec in a paused container (use --ignore-paused to override)");
            using var exec = container.ExecCommand(["--ignore-paused"], "echo", "thawed").Start();
            Thread.Sleep(300);
            exec.HasExited.Should().BeFalse("the program waits for the container");
            File.WriteAllText(freezer, CgroupView.IsUnified ? "0" : "THAWED");
            exec.Wait().ShouldExit(0).Output.Should().Be("thawed\n");
        }
        finally
        {
            File.WriteAllText(freezer, CgroupView.IsUnified ? "0" : "THAWED");
        }
    }

    [Fact]
    public void Cgroup_BelowTheContainers_IsEntered()
    {
        var container = Running();
        string controller = CgroupView.IsUnified ? "" : "pids";
        string sub = Path.Combine(CgroupView.PathOf(controller, "/" + container.Id), "sub");
        Directory.CreateDirectory(sub);
        try
        {
            string argument = CgroupView.IsUnified ? "sub" : "pids:sub";
            using var exec = container.ExecCommand(["--cgroup", argument], "/bin/probe", "signals", "TERM").Start();
            Wait.Until(() => exec.Output.Contains("ready", StringComparison.Ordinal), "the program runs");
            CgroupView.Processes(controller, "/" + container.Id + "/sub").Should().ContainSingle();
        }
        finally
        {
            Wait.Until(() => RemoveCgroup(sub), "the cgroup is empty");
        }
    }

    [Fact]
    public void Cgroup_ThatIsNotThere_IsNamed()
    {
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "the others word it otherwise");
        var result = Running().Exec(["--cgroup", CgroupView.IsUnified ? "not-there" : "pids:not-there"], "/bin/true");
        result.ExitCode.Should().Be(255);
        result.Error.Should().StartWith("exec failed: ").And.Contain("not-there").And.NotContain("internal");
    }

    /// <summary>What fails before the verb itself is its failure, too (C70).</summary>
    [Fact]
    public void Log_CannotBeOpened_IsExecsFailure()
    {
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "the others exit with 1");
        var result = Sandbox.Runtime("--log", "/nowhere/log", "exec", "c", "true").Run();
        result.ExitCode.Should().Be(255);
        result.Error.Should().StartWith("exec failed: ");
    }

    private static bool RemoveCgroup(string path)
    {
        foreach (string line in File.ReadAllLines(Path.Combine(path, "cgroup.procs")))
            System.Diagnostics.Process.GetProcessById(int.Parse(line, System.Globalization.CultureInfo.InvariantCulture)).Kill();
        try
        {
            Directory.Delete(path);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    [Fact]
    public void Cgroup_Top_IsTheContainersOwn() => Running().Exec(["--cgroup", "/"], "/bin/true").ShouldExit(0);

    [Theory]
    [InlineData("nonexistent")]
    [InlineData("..")]
    [InlineData("nosuch:x")]
    public void Cgroup_ThatIsNotBelow_IsAnError(string argument) => Running().Exec(["--cgroup", argument], "/bin/true").ShouldExit(255);

    [ClaimFact("X33: runc up to 1.5.1 compares the beginnings of the paths")]
    public void Cgroup_SiblingWhoseNameBeginsAlike_IsRefused()
    {
        var container = Running();
        string controller = CgroupView.IsUnified ? "" : "pids";
        string sibling = CgroupView.PathOf(controller, "/" + container.Id + "b");
        Directory.CreateDirectory(sibling);
        try
        {
            container.Exec(["--cgroup", (CgroupView.IsUnified ? "" : "pids:") + "../" + container.Id + "b"], "/bin/true").ShouldExit(255).Error.Should().Contain("is not a sub cgroup path");
        }
        finally
        {
            Directory.Delete(sibling);
        }
    }

    [Fact]
    public void ListenFds_AreNotForTheProgram()
    {
        string file = Path.Combine(Sandbox.Directory, "three");
        File.WriteAllText(file, "x");
        var report = Running().ExecCommand(["--preserve-fds", "1"], "/bin/probe", "report").ListenFds(1).Redirect($"3<'{file}' 4<'{file}' 5<'{file}'").Run().ShouldExit(0).Probe.Report;
        report.Descriptors.Keys.Should().BeEquivalentTo([0, 1, 2, 3], "--preserve-fds counts from 3");
        report.Env("LISTEN_FDS").Should().BeNull();
    }

    // As C61 asks of create: who is killed in the middle leaves no process behind.
    [Fact]
    public void Exec_CallerHasAnOddEnvironment_StillWorks()
    {
        var container = Running();
        container.Wrapped(["/bin/sh", "-c", $"exec {Path.Combine(Assets.Rootfs, "bin/probe")} harsh \"$@\"", "x"], "exec", container.Id, "/bin/probe", "exit", "12").Run().ShouldExit(12);
    }

    [Fact]
    public void Signals_OfTheProgram_AreAllDefaultAndUnblocked()
    {
        var container = Running();
        var report = container.Wrapped(["/bin/sh", "-c", "trap '' PIPE HUP USR1; exec \"$@\"", "x"], "exec", container.Id, "/bin/probe", "report").Run().ShouldExit(0).Probe.Report;
        report.Mask("SigIgn").Should().Be(0);
        report.Mask("SigBlk").Should().Be(0);
    }
}
