using System.Text.Json;
using OciRun.Cli;

namespace OciRun.Tests;

public sealed class ApplicationTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("ocirun-cli").FullName;

    private string Log => Path.Join(_directory, "log");

    [Theory]
    [InlineData("--version")]
    [InlineData("-v")]
    [InlineData("-version")]
    [InlineData("--root", "/r", "--version", "whatever")]
    [InlineData("version")]
    public void Run_Version_PrintsTheLinesThatEnginesCut(params string[] args)
    {
        var result = Line.Run(args);

        result.Code.Should().Be(0);
        result.Error.Should().BeEmpty();
        string[] lines = result.Output.Split('\n');
        lines[0].Should().MatchRegex(@"^ocirun version \d+\.\d+\.\d+$");
        lines[1].Should().MatchRegex("^commit: ([0-9a-f]{40}|unknown)$");
        lines[2].Should().Be("spec: 1.3.0");
        lines[3].Should().StartWith("dotnet: 10.");
        lines[4].Should().StartWith("libseccomp: ");
    }

    [Fact]
    public void Run_VersionAsJson_IsAnObject()
    {
        var version = JsonDocument.Parse(Line.Run("version", "--format", "json").Output).RootElement;

        version.GetProperty("version").GetString().Should().Be(BuildInfo.Version);
        version.GetProperty("spec").GetString().Should().Be("1.3.0");
    }

    public static TheoryData<string> Verbs => new(VerbList.Names);

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Run_HelpOfAVerb_IsTheSameInAllFormsAndNamesEveryOption(string verb)
    {
        var result = Line.Run(verb, "--help");

        result.Code.Should().Be(0);
        result.Error.Should().BeEmpty();
        result.Output.Should().Contain($"ocirun [GLOBAL OPTIONS] {verb} [OPTIONS]");
        foreach (var option in VerbList.Create(verb)!.Options.Where(option => !option.IsHidden))
        {
            result.Output.Should().Contain(option.Name).And.Contain(option.Description.Split(" ")[0]);
        }
        Line.Run(verb, "-h").Should().Be(result);
        Line.Run("help", verb).Should().Be(result);
        Line.Run("h", verb).Should().Be(result);
    }

    [Fact]
    public void Run_HelpAfterTheId_IsHelpWhereOptionsMayFollowIt() => Line.Run("delete", "c1", "--help").Should().Be(Line.Run("delete", "--help"));

    [Fact]
    public void Run_Help_NamesEveryVerbAndOption()
    {
        var result = Line.Run("--help");

        result.Code.Should().Be(0);
        result.Error.Should().BeEmpty();
        foreach (string name in VerbList.Names)
        {
            result.Output.Should().MatchRegex($@"\n  {name} +\w");
        }
        result.Output.Should().Contain("--debug-log").And.Contain("-v, --version").And.Contain("-h, --help");
        Line.Run("help").Should().Be(result);
        Line.Run().Should().Be(result);
    }

    [Fact]
    public void Run_HelpOfUnknownVerb_Fails() =>
        Line.Run("help", "bogus").Should().Be(new Line.Result(1, "", "unknown command \"bogus\", see \"ocirun --help\"\n"));

    [Fact]
    public void Run_WrongFlag_IsOneLineOnStandardErrorAndInTheLog()
    {
        var result = Line.Run("--log", Log, "--log-format=json", "create", "--bogus", "c1");

        result.Should().Be(new Line.Result(1, "", "flag provided but not defined: --bogus, see \"ocirun create --help\"\n"));
        var log = JsonDocument.Parse(File.ReadAllText(Log)).RootElement;
        log.GetProperty("level").GetString().Should().Be("error");
        log.GetProperty("msg").GetString().Should().Be(result.Error.TrimEnd());
        log.GetProperty("code").GetString().Should().Be("usage");
    }

    [Fact]
    public void Run_WrongGlobalFlag_ReachesTheLogThatWasNamedBefore()
    {
        Line.Run("--log", Log, "--bogus", "state", "c1").Code.Should().Be(1);

        File.ReadAllText(Log).Should().Contain("level=error msg=\"flag provided but not defined: --bogus, ");
    }

    [Fact]
    public void Run_ControlCharactersInAWord_AreEscaped() =>
        Line.Run("state", "a", "b\n\x1b[2J").Error.Should().Be("unexpected argument \"b\\n\\x1b[2J\", see \"ocirun state --help\"\n");

    [Fact]
    public void Run_LogCannotBeOpened_FailsBeforeAnythingIsDone()
    {
        var result = Line.Run("--log", Path.Join(_directory, "missing/log"), "spec", "--bundle", _directory);

        result.Code.Should().Be(1);
        result.Error.Should().StartWith("cannot open --log: ").And.EndWith("(ENOENT)\n");
        Directory.GetFiles(_directory).Should().BeEmpty();
    }

    [Theory]
    [InlineData("NOPE")]
    [InlineData("65")]
    [InlineData("")]
    public void Run_KillWithUnknownSignal_Fails(string signal) =>
        Line.Run("kill", "c1", signal).Should().Be(new Line.Result(1, "", $"unknown signal \"{signal}\", see \"ocirun kill --help\"\n"));

    [Theory]
    [InlineData("list", "--format=yaml")]
    [InlineData("state", "c1", "--format=table")]
    public void Run_UnknownFormat_Fails(params string[] args)
    {
        var result = Line.Run(args);

        result.Code.Should().Be(1);
        result.Error.Should().StartWith("invalid format option \"");
    }

    [Fact]
    public void Run_ListOfNewRoot_IsEmpty()
    {
        Line.Run("--root", _directory, "list", "-f", "json").Should().Be(new Line.Result(0, "[]\n", ""));
        Line.Run("--root", _directory, "list", "-q").Should().Be(new Line.Result(0, "", ""));
    }

    [Fact]
    public void Run_StateOfMissingContainer_Fails()
    {
        var result = Line.Run("--root", _directory, "state", "c1");

        result.Code.Should().Be(1);
        result.Output.Should().BeEmpty();
        result.Error.Should().StartWith("container does not exist").And.EndWith("\n");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_Spec_WritesAConfigAndRefusesToOverwrite(bool rootless)
    {
        string[] args = rootless ? ["spec", "--rootless", "-b", _directory] : ["spec", "--bundle", _directory];

        Line.Run(args).Should().Be(new Line.Result(0, "", ""));

        string file = Path.Join(_directory, "config.json");
        string text = File.ReadAllText(file);
        JsonDocument.Parse(text).RootElement.GetProperty("linux").TryGetProperty("uidMappings", out _).Should().Be(rootless);
        Line.Run(args).Should().Be(new Line.Result(1, "", $"File {file} exists. Remove it first\n"));
        File.ReadAllText(file).Should().Be(text);
    }

    [Fact]
    public void Run_SpecIntoMissingDirectory_Fails() =>
        Line.Run("spec", "-b", Path.Join(_directory, "missing")).Error.Should().EndWith("(ENOENT)\n");

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
