using OciRun.Runtime;
using OciRun.Runtime.Criu;
using OciRun.Runtime.Lifecycle;
using OciRun.Verbs;

namespace OciRun.Tests;

public sealed class CheckpointOptionsTests
{
    private static CheckpointOptions Checkpoint(params string[] words)
    {
        var (verb, call) = Line.Read(["checkpoint", .. words]);
        return ((CheckpointVerb)verb).Read(call);
    }

    private static RestoreOptions Restore(params string[] words)
    {
        var (verb, call) = Line.Read(["restore", .. words]);
        return ((RestoreVerb)verb).Read(call);
    }

    [Fact]
    public void Checkpoint_NoOptions_WritesToTheCurrentDirectory() =>
        Checkpoint("c1").Should().BeEquivalentTo(new CheckpointOptions("c1", new CriuOptions(Directory.GetCurrentDirectory() + "/checkpoint")));

    [Fact]
    public void Checkpoint_AllOptions_ArePassedOn() =>
        Checkpoint(
            "--image-path", "/i", "--work-path=/w", "--parent-path", "../p", "--leave-running", "--tcp-established", "--tcp-skip-in-flight", "--link-remap", "--ext-unix-sk", "--shell-job", "--lazy-pages",
            "--status-fd", "5", "--page-server", "[::1]:1234", "--file-locks", "--pre-dump", "--manage-cgroups-mode", "soft", "--empty-ns", "network", "--auto-dedup", "--tcp-close", "--network-lock=skip", "c1")
        .Should().BeEquivalentTo(new CheckpointOptions("c1", new CriuOptions("/i")
        {
            WorkPath = "/w",
            TcpEstablished = true,
            TcpClose = true,
            ExternalUnixSockets = true,
            ShellJob = true,
            LazyPages = true,
            FileLocks = true,
            ManageCgroups = "soft",
            EmptyNetwork = true,
            AutoDedup = true,
            NetworkLock = "skip",
        })
        {
            ParentPath = "../p",
            LeaveRunning = true,
            TcpSkipInFlight = true,
            LinkRemap = true,
            StatusFd = 5,
            PageServer = "::1",
            PageServerPort = 1234,
            PreDump = true,
        });

    /// <summary>As go-runc gives them, one of them with one dash.</summary>
    [Fact]
    public void Restore_AllOptions_ArePassedOn() =>
        Restore(
            "--image-path", "/i", "--work-path", "/w", "--console-socket", "/s", "--pid-file", "/p", "--bundle", "/b", "--detach", "--no-pivot", "-no-subreaper", "--lsm-profile", "apparmor:x",
            "--lsm-mount-context", "y", "--empty-ns=network", "c1")
        .Should().BeEquivalentTo(new RestoreOptions(
            new CreateOptions("c1", "/b") { ConsoleSocket = "/s", PidFile = "/p", NoPivot = true }, new CriuOptions("/i") { WorkPath = "/w", EmptyNetwork = true })
        {
            Detach = true,
            LsmProfile = "apparmor:x",
            LsmMountContext = "y",
        });

    [Theory]
    [InlineData("--empty-ns", "pid")]
    [InlineData("--page-server", "localhost")]
    [InlineData("--page-server", "localhost:0")]
    [InlineData("--page-server", "localhost:99999")]
    [InlineData("--status-fd", "-2")]
    public void Checkpoint_WrongValue_IsRefused(string option, string value) =>
        ((Action)(() => Checkpoint(option, value, "c1"))).Should().Throw<ContainerException>().Which.Code.Should().Be(ErrorCode.Usage);
}
