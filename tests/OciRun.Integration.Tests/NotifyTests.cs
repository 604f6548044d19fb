using System.Net.Sockets;
using System.Text;

namespace OciRun.Integration;

/// <summary>NOTIFY_SOCKET (C55, sd_notify(3)): the container speaks to a socket of ours, and its READY=1 reaches the caller's.</summary>
public sealed class NotifyTests : IntegrationTest
{
    private string SocketPath => Path.Combine(Sandbox.Directory, "notify.sock");

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    public void Start_ProgramIsReady_CallerIsToldWithTheMainPid(int uid)
    {
        var container = NewContainer().Set("/process/user/uid", uid)
            .Probe("report", "+", "connect", "/run/notify/notify.sock", "READY=1\nSTATUS=up", "d", "+", "signals", "TERM");
        Directory.CreateDirectory(Path.Combine(container.Rootfs, "run/notify"));
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(SocketPath));
        manager.ReceiveTimeout = 60_000;
        container.Create(container.Verb("create", "--bundle", container.Bundle, container.Id).Env("NOTIFY_SOCKET", SocketPath)).ShouldExit(0);
        using var start = container.Verb("start", container.Id).Env("NOTIFY_SOCKET", SocketPath).Start();
        byte[] buffer = new byte[4096];
        string[] words = Encoding.UTF8.GetString(buffer, 0, manager.Receive(buffer)).Split('\n');
        words.Should().Contain("READY=1");
        if (RuntimeUnderTest.IsOurs)
            words.Should().Contain("MAINPID=" + container.Pid);
        if (RuntimeUnderTest.IsOurs)
            Encoding.UTF8.GetString(buffer, 0, manager.Receive(buffer)).Should().Be("BARRIER=1");
        start.Wait().ShouldExit(0);
        container.WaitFor("ready");
        var probe = new ProbeOutput(container.Output);
        probe["connect /run/notify/notify.sock"].Should().Be("ok");
        probe.Report.Env("NOTIFY_SOCKET").Should().Be("/run/notify/notify.sock");
    }

    [Fact]
    public void Start_ProgramEndsWithoutAWord_StartReturns()
    {
        var container = NewContainer().Probe("exit", "0");
        Directory.CreateDirectory(Path.Combine(container.Rootfs, "run/notify"));
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(SocketPath));
        container.Create(container.Verb("create", "--bundle", container.Bundle, container.Id).Env("NOTIFY_SOCKET", SocketPath)).ShouldExit(0);
        container.Verb("start", container.Id).Env("NOTIFY_SOCKET", SocketPath).Run().ShouldExit(0);
    }
}
