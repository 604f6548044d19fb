namespace OciRun.Tests;

public sealed class CommandLineWordsTests
{
    [Fact]
    public void Cut_OptionsBeforeAndAfterVerb_AreHandedOverWithTheirValues()
    {
        var words = Line.Cut("--root", "/r", "--log=/l", "create", "-b", "/b", "--no-pivot", "c1");

        words.Values.ToString().Should().Be("--root=/r --log=/l --bundle=/b --no-pivot");
        words.Operands.Should().Equal("c1");
        words.Verb!.Name.Should().Be("create");
    }

    [Theory]
    [InlineData("-bundle", "/b")]
    [InlineData("--bundle", "/b")]
    [InlineData("-b", "/b")]
    [InlineData("--b", "/b")]
    [InlineData("-bundle=/b", null)]
    [InlineData("-b=/b", null)]
    public void Cut_OneDashOrTwo_AreTheSame(string option, string? value)
    {
        string[] args = value is null ? ["create", option, "c1"] : ["create", option, value, "c1"];

        Line.Cut(args).Values.ToString().Should().Be("--bundle=/b");
    }

    [Fact]
    public void Cut_SingleDashNoSubreaper_IsAcceptedAsGoRuncSendsIt() =>
        Line.Cut("run", "-no-subreaper", "c1").Values.ToString().Should().Be("--no-subreaper");

    [Theory]
    [InlineData("--debug")]
    [InlineData("create")]
    [InlineData("--")]
    [InlineData("-h")]
    [InlineData("@/etc/hostname")]
    [InlineData("a=b:c")]
    [InlineData("")]
    [InlineData(" ")]
    public void Read_AnyWordAfterOptionWithValue_IsItsValue(string value)
    {
        var (verb, call) = Line.Read("create", "--config", value, "--bundle", "/b", "c1");

        ((Verbs.CreateVerb)verb).Read(call).ConfigFile.Should().Be(value.Length == 0 ? null : value);
        ((Verbs.CreateVerb)verb).Read(call).Bundle.Should().Be("/b");
        call.Id.Should().Be("c1");
    }

    [Fact]
    public void Read_OptionGivenTwice_LastOneCounts()
    {
        var (verb, call) = Line.Read("--root=/a", "--root", "/c", "create", "--bundle=/1", "--bundle=/2", "c1");

        ((Verbs.CreateVerb)verb).Read(call).Bundle.Should().Be("/2");
        call.Global.Root.Should().Be("/c");
    }

    [Fact]
    public void Read_IdThatLooksLikeAResponseFile_IsTheId() => Line.Read("state", "@/etc/hostname").Call.Id.Should().Be("@/etc/hostname");

    [Fact]
    public void Read_EmptyValueBeforeVerb_DoesNotSwallowTheVerb()
    {
        var (verb, call) = Line.Read("--criu=", "create", "--bundle=", "--pid-file", "/p", "c1");

        verb.Should().BeOfType<Verbs.CreateVerb>();
        ((Verbs.CreateVerb)verb).Read(call).PidFile.Should().Be("/p");
    }

    [Theory]
    [InlineData("--force", "c1")]
    [InlineData("c1", "--force")]
    [InlineData("c1", "-f")]
    [InlineData("-force", "c1")]
    public void Cut_DeleteOptions_MayFollowTheId(string first, string second)
    {
        var words = Line.Cut("delete", first, second);

        words.Values.ToString().Should().Be("--force");
        words.Operands.Should().Equal("c1");
    }

    [Fact]
    public void Cut_KillAll_MayFollowTheSignal()
    {
        var words = Line.Cut("kill", "c1", "KILL", "--all");

        words.Values.ToString().Should().Be("--all");
        words.Operands.Should().Equal("c1", "KILL");
    }

    [Fact]
    public void Cut_DoubleDash_EndsTheOptions() => Line.Cut("delete", "--", "--force").Operands.Should().Equal("--force");

    [Fact]
    public void Cut_SingleDash_IsAnOperand() => Line.Cut("state", "-").Operands.Should().Equal("-");

    [Theory]
    [InlineData("true", "--no-pivot=true")]
    [InlineData("1", "--no-pivot=true")]
    [InlineData("F", "--no-pivot=false")]
    public void Cut_BooleanWithValue_TakesGosSpellings(string value, string handed) =>
        Line.Cut("create", $"--no-pivot={value}", "c1").Values.ToString().Should().Be(handed);

    [Fact]
    public void Cut_Boolean_DoesNotTakeTheNextWord() => Line.Cut("create", "--no-pivot", "true").Operands.Should().Equal("true");

    [Theory]
    [InlineData("unknown command \"bogus\", see \"ocirun --help\"", "bogus", "x")]
    [InlineData("flag provided but not defined: --bogus, see \"ocirun --help\"", "--bogus=1", "state", "x")]
    [InlineData("flag provided but not defined: --bogus, see \"ocirun create --help\"", "create", "--bogus", "x")]
    [InlineData("flag provided but not defined: -bd, see \"ocirun create --help\"", "create", "-bd", "x")]
    [InlineData("flag provided but not defined: ---bundle, see \"ocirun create --help\"", "create", "---bundle=x", "x")]
    [InlineData("flag provided but not defined: --force, see \"ocirun state --help\"", "state", "x", "--force")]
    [InlineData("flag provided but not defined: --root, see \"ocirun state --help\"", "state", "--root=/x", "x")]
    [InlineData("flag provided but not defined: -v, see \"ocirun state --help\"", "state", "-v")]
    [InlineData("flag needs an argument: --bundle, see \"ocirun create --help\"", "create", "-b")]
    [InlineData("flag needs an argument: --root, see \"ocirun --help\"", "--root")]
    [InlineData("invalid boolean value \"maybe\" for --no-pivot, see \"ocirun create --help\"", "create", "--no-pivot=maybe", "x")]
    [InlineData("\"create\" requires the id of a container, see \"ocirun create --help\"", "create")]
    [InlineData("\"kill\" requires the id of a container, see \"ocirun kill --help\"", "kill", "--all")]
    [InlineData("unexpected argument \"y\", see \"ocirun state --help\"", "state", "x", "y")]
    [InlineData("unexpected argument \"y\", see \"ocirun run --help\"", "run", "x", "y")]
    [InlineData("unexpected argument \"x\", see \"ocirun list --help\"", "list", "x")]
    [InlineData("unexpected argument \"z\", see \"ocirun kill --help\"", "kill", "x", "KILL", "z")]
    [InlineData("unexpected argument \"--bundle\": options come before the container's id, see \"ocirun create --help\"", "create", "x", "--bundle", "/b")]
    [InlineData("unexpected argument \"--help\": options come before the container's id, see \"ocirun run --help\"", "run", "x", "--help")]
    [InlineData("flag provided but not defined: -9 (a signal is given without a dash: ocirun kill CONTAINER 9), see \"ocirun kill --help\"", "kill", "x", "-9")]
    [InlineData("flag provided but not defined: -KILL (a signal is given without a dash: ocirun kill CONTAINER KILL), see \"ocirun kill --help\"", "kill", "-KILL", "x")]
    [InlineData("invalid value \"xml\" for --log-format (text, json), see \"ocirun --help\"", "--log-format=xml", "state", "x")]
    [InlineData("invalid value \"all\" for --log-level (error, warning, warn, info, debug, trace), see \"ocirun --help\"", "--log-level", "all", "list")]
    [InlineData("invalid value \"x\" for --cgroup-manager (cgroupfs, systemd, disabled), see \"ocirun --help\"", "--cgroup-manager=x", "list")]
    [InlineData("--systemd-cgroup contradicts --cgroup-manager=cgroupfs, see \"ocirun --help\"", "--systemd-cgroup", "--cgroup-manager=cgroupfs", "list")]
    [InlineData("flag needs an argument: --log is empty, see \"ocirun --help\"", "--log=", "list")]
    public void Read_WrongLine_SaysWhatIsWrongAndWhereHelpIs(string message, params string[] args) => Line.Fault(args).Should().Be(message);
}
