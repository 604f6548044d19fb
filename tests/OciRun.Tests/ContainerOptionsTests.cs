using OciRun.Cli;
using OciRun.Runtime.Lifecycle;
using OciRun.Verbs;

namespace OciRun.Tests;

public sealed class ContainerOptionsTests
{
    private static CreateOptions Create(params string[] options)
    {
        var (verb, call) = Line.Read(["create", .. options, "c1"]);
        return ((CreateVerb)verb).Read(call);
    }

    [Fact]
    public void Create_NoOptions_TakesTheCurrentDirectory() =>
        Create().Should().Be(new CreateOptions("c1", Environment.CurrentDirectory));

    [Fact]
    public void Create_AllOptions_ArePassedOn() =>
        Create("--bundle", "/b", "--config", "other.json", "--console-socket=/c", "--pidfd-socket", "/s", "--pid-file=/p", "--no-pivot", "--no-new-keyring",
            "--preserve-fds", "2", "--no-subreaper")
        .Should().Be(new CreateOptions("c1", "/b")
        {
            ConfigFile = "other.json",
            ConsoleSocket = "/c",
            PidfdSocket = "/s",
            PidFile = "/p",
            NoPivot = true,
            NoNewKeyring = true,
            PreserveFds = 2,
        });

    [Fact]
    public void Run_AllOptions_ArePassedOn()
    {
        var (verb, call) = Line.Read("run", "-d", "--keep", "-b", "/b", "--no-subreaper", "c1");

        ((RunVerb)verb).Read(call).Should().Be(new CreateOptions("c1", "/b"));
        call.Values.ToString().Should().Be("--detach --keep --bundle=/b --no-subreaper");
    }

    [Fact]
    public void Create_RelativePaths_BecomeAbsolute()
    {
        var options = Create("--bundle=b", "--pid-file", "./x/p", "--console-socket=c", "--pidfd-socket", "../s");

        options.Bundle.Should().Be(Path.Join(Environment.CurrentDirectory, "b"));
        options.PidFile.Should().Be(Path.Join(Environment.CurrentDirectory, "x/p"));
        options.ConsoleSocket.Should().Be(Path.Join(Environment.CurrentDirectory, "c"));
        options.PidfdSocket.Should().Be(Path.Join(Path.GetDirectoryName(Environment.CurrentDirectory), "s"));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("x")]
    [InlineData("")]
    [InlineData("+1")]
    [InlineData("99999999999")]
    public void Create_PreserveFdsThatIsNoCount_IsRefused(string value)
    {
        var reading = () => Create($"--preserve-fds={value}");

        reading.Should().Throw<Runtime.ContainerException>().WithMessage($"invalid value \"{value}\" for --preserve-fds*ocirun create --help*");
    }

    [Fact]
    public void Absolute_ParentOfTheCurrentDirectory_IsResolved() =>
        PathText.Absolute("../x").Should().Be(Path.Join(Path.GetDirectoryName(Environment.CurrentDirectory), "x"));

    [Theory]
    [InlineData("/a/link/../b", "/a/link/../b")]
    [InlineData("/../a", "/a")]
    [InlineData("/a/./b//c/", "/a/b/c")]
    [InlineData("/", "/")]
    public void Absolute_ParentAfterAName_StaysForTheKernel(string path, string expected) => PathText.Absolute(path).Should().Be(expected);
}
