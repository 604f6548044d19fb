namespace OciRun.Integration;

/// <summary>Terminals: the pty of the container, its master over --console-socket (S70, S71, C50, C65).</summary>
public sealed class TerminalTests : IntegrationTest
{
    private string SocketPath => Path.Combine(Sandbox.Directory, "tty.sock");

    private (Container Container, FileStream Master, string Payload) CreateWithTerminal(Container container)
    {
        container.Set("/process/terminal", true);
        using var socket = new ConsoleSocket(SocketPath);
        container.Create("--console-socket", SocketPath);
        return (container, socket.Receive(), socket.Payload);
    }

    [Fact]
    public void ConsoleSocket_Create_MasterArrivesAndTheStreamsAreTheTerminal()
    {
        var (container, master, payload) = CreateWithTerminal(NewContainer().Probe("tty", "+", "report", "+", "stat", "/dev/console", "+", "signals", "TERM"));
        using (master)
        {
            payload.Should().NotBeEmpty();
            container.Start();
            string text = TerminalMaster.ReadUntil(master, "ready").Replace("\r\n", "\n", StringComparison.Ordinal);
            text.Should().Contain("tty: 1 1 1 ");
            var answers = new ProbeOutput(text);
            answers.Report["controllingTty"]!.GetValue<bool>().Should().BeTrue();
            answers["stat /dev/console"].Should().StartWith("char 0620").And.Contain("136:");
            answers.Report.Mount("/dev/console").Type.Should().Be("devpts");
        }
    }

    [Fact]
    public void ConsoleSize_IsApplied()
    {
        var (container, master, _) = CreateWithTerminal(NewContainer().Set("/process/consoleSize", new JsonObject { ["height"] = 11, ["width"] = 22 }).Probe("tty", "+", "sleep", "5"));
        using (master)
        {
            container.Start();
            TerminalMaster.ReadUntil(master, "/dev/").Should().Contain("tty: 1 1 1 11x22 /dev/");
        }
    }

    [Fact]
    public void Terminal_Input_ReachesTheProgram()
    {
        var (container, master, _) = CreateWithTerminal(NewContainer().Args("sh", "-c", "read line; echo \"got $line\"; sleep 5"));
        using (master)
        {
            container.Start();
            master.Write("hello\n"u8);
            TerminalMaster.ReadUntil(master, "got hello");
        }
    }

    [Fact]
    public void Terminal_InterruptKey_SignalsTheProgram()
    {
        var (container, master, _) = CreateWithTerminal(NewContainer().Args("sh", "-c", "trap 'echo interrupted; exit 5' INT; echo ready; while :; do sleep 0.1; done"));
        using (master)
        {
            container.Start();
            TerminalMaster.ReadUntil(master, "ready");
            master.Write("\u0003"u8);
            TerminalMaster.ReadUntil(master, "interrupted");
        }
    }

    [Fact]
    public void Terminal_OtherUser_MayReopenIt()
    {
        var (container, master, _) = CreateWithTerminal(NewContainer().Set("/process/user/uid", 1000).Probe("open", "/proc/self/fd/0", "rw", "+", "sleep", "5"));
        using (master)
        {
            container.Start();
            TerminalMaster.ReadUntil(master, "ok");
        }
    }

    [Fact]
    public void Create_TerminalWithoutSocket_IsRefused()
    {
        NewContainer().Set("/process/terminal", true).Probe("exit", "0").TryCreate()
            .ShouldFailWith("cannot allocate tty if runc will detach without setting console socket".Replace("runc", RuntimeUnderTest.IsOurs ? "ocirun" : "runc", StringComparison.Ordinal));
    }

    [Fact]
    public void Create_SocketWithoutTerminal_IsRefused()
    {
        using var socket = new ConsoleSocket(SocketPath);
        NewContainer().Probe("exit", "0").TryCreate("--console-socket", SocketPath)
            .ShouldFailWith("cannot use console socket if runc will not detach or allocate tty".Replace("runc", RuntimeUnderTest.IsOurs ? "ocirun" : "runc", StringComparison.Ordinal));
    }

    [Fact]
    public void ConsoleSocket_Missing_Fails()
    {
        NewContainer().Set("/process/terminal", true).Probe("exit", "0").TryCreate("--console-socket", SocketPath).ShouldFailWith("tty.sock");
    }

    [Fact]
    public void UserNamespace_Terminal_Works()
    {
        var (container, master, _) = CreateWithTerminal(NewContainer().UserNamespace().Probe("tty", "+", "sleep", "5"));
        using (master)
        {
            container.Start();
            TerminalMaster.ReadUntil(master, "tty: 1 1 1 ");
        }
    }
}
