using OciRun.Runtime.Lifecycle;
using OciRun.Verbs;

namespace OciRun.Tests;

public sealed class ExecOptionsTests
{
    private static ExecOptions Read(params string[] words)
    {
        var (verb, call) = Line.Read(["exec", .. words]);
        return ((ExecVerb)verb).Read(call);
    }

    [Fact]
    public void Exec_NoOptions_ChangesNothingButTheCommand() =>
        Read("c1", "sh").Should().BeEquivalentTo(new ExecOptions("c1") { Changes = new ProcessChanges { Args = ["sh"] } });

    [Fact]
    public void Exec_AllOptions_ArePassedOn() =>
        Read("--console-socket", "/c", "--pidfd-socket=/s", "--cwd", "/w", "-e", "A=1", "--env", "B=2", "-t", "-u", "1:2", "-g", "3", "--additional-gids", "4", "-p", "/p.json", "-d",
            "--pid-file=/pid", "--process-label", "l", "--apparmor", "a", "--no-new-privs", "-c", "CAP_KILL", "--cap", "CAP_CHOWN", "--preserve-fds", "5", "--cgroup", "cpu:x",
            "--cgroup=memory:y", "--ignore-paused", "c1", "sh", "-c", "true")
        .Should().BeEquivalentTo(new ExecOptions("c1")
        {
            ConsoleSocket = "/c",
            PidfdSocket = "/s",
            ProcessFile = "/p.json",
            Detach = true,
            PidFile = "/pid",
            PreserveFds = 5,
            Cgroups = ["cpu:x", "memory:y"],
            IgnorePaused = true,
            Changes = new ProcessChanges
            {
                Args = ["sh", "-c", "true"],
                Cwd = "/w",
                Environment = ["A=1", "B=2"],
                Terminal = true,
                Uid = 1,
                Gid = 2,
                AdditionalGids = [3, 4],
                SelinuxLabel = "l",
                ApparmorProfile = "a",
                NoNewPrivileges = true,
                Capabilities = ["CAP_KILL", "CAP_CHOWN"],
            },
        });

    // The very lines of conmon, conmon-rs and go-runc.
    [Theory]
    [InlineData("--root /r --log /l --log-format json exec --process /f --pid-file /p --detach --tty --console-socket /s c1")]
    [InlineData("--log-format=json --log /l exec --pid-file /p --process /f --detach --tty --console-socket /s c1")]
    [InlineData("--root=/r exec -d --console-socket=/s --process /f --tty --pid-file=/p c1")]
    public void Exec_LineOfAnEngine_IsUnderstood(string line)
    {
        var (verb, call) = Line.Read(line.Split(' '));
        var options = ((ExecVerb)verb).Read(call);
        options.Should().BeEquivalentTo(new ExecOptions("c1")
        {
            ProcessFile = "/f",
            PidFile = "/p",
            ConsoleSocket = "/s",
            Detach = true,
            Changes = new ProcessChanges { Terminal = true },
        });
    }

    [Fact]
    public void Exec_WordsAfterTheId_AreTheCommands() =>
        Read("-t", "c1", "ls", "--help", "-u", "x", "--", "@f", "").Changes.Args.Should().Equal("ls", "--help", "-u", "x", "--", "@f", "");

    [Fact]
    public void Exec_DashesBeforeTheId_EndTheOptions() => Read("--", "c1", "-x").Changes.Args.Should().Equal("-x");

    [Fact]
    public void Exec_NoNewPrivsFalse_IsNotTheSameAsNothing()
    {
        Read("--no-new-privs=false", "c1", "x").Changes.NoNewPrivileges.Should().BeFalse();
        Read("c1", "x").Changes.NoNewPrivileges.Should().BeNull();
    }

    [Theory]
    [InlineData("0", 0u, null)]
    [InlineData("1000", 1000u, null)]
    [InlineData("1000:0", 1000u, 0u)]
    [InlineData("0:4294967294", 0u, 4294967294u)]
    [InlineData("007", 7u, null)]
    [InlineData("", null, null)]
    public void User_Numbers_AreTaken(string text, uint? uid, uint? gid)
    {
        var changes = Read("-u", text, "c1", "x").Changes;
        changes.Uid.Should().Be(uid);
        changes.Gid.Should().Be(gid);
    }

    [Theory]
    [InlineData("root")]
    [InlineData("0x0")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1\n")]
    [InlineData("1:")]
    [InlineData(":1")]
    [InlineData(":")]
    [InlineData("1:2:3")]
    [InlineData("1:-1")]
    [InlineData("1.0")]
    [InlineData("1e3")]
    [InlineData("1_000")]
    [InlineData("4294967295")]
    [InlineData("4294967296")]
    [InlineData("18446744073709551616")]
    [InlineData("1:4294967296")]
    [InlineData("٣")]
    public void User_AnythingElse_IsAnError(string text)
    {
        Line.Run("exec", "-u", text, "c1", "x").Code.Should().Be(255);
        var reading = () => Read("-u", text, "c1", "x");
        reading.Should().Throw<Runtime.ContainerException>().WithMessage("invalid value*--user*");
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("")]
    [InlineData("wheel")]
    [InlineData("4294967296")]
    public void AdditionalGids_AnythingButANumber_IsAnError(string text)
    {
        var reading = () => Read("-g", text, "c1", "x");
        reading.Should().Throw<Runtime.ContainerException>().WithMessage("invalid value*--additional-gids*");
    }

    [Fact]
    public void Failure_OfItsOwn_Is255AndSaysSo()
    {
        var result = Line.Run("--root", "/nonexistent/ocirun", "exec", "c1", "true");
        result.Code.Should().Be(255);
        result.Error.Should().StartWith("exec failed: container does not exist");
    }

    [Fact]
    public void CommandLine_WithoutAnId_Is255() => Line.Run("exec").Code.Should().Be(255);
}
