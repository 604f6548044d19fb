using OciRun.Cli;

namespace OciRun.Tests;

/// <summary>What the shells are answered.</summary>
public sealed class CompletionTests
{
    [Fact]
    public void Of_NoWord_OffersEveryVerbThatHelpLists() =>
        Words("").Should().Equal(VerbList.Names);

    [Fact]
    public void Of_BeginOfVerb_OffersTheVerbsWithItsMeaning() =>
        Completion.Of(["resu"]).Should().Be("resume\tLets the processes of a paused container run again.\n");

    [Theory]
    [InlineData("--cgroup-m", "--cgroup-manager")]
    [InlineData("--ver", "--version")]
    public void Of_DashBeforeVerb_OffersGlobalOptions(string word, string expected) => Words(word).Should().Equal(expected);

    [Fact]
    public void Of_DashAfterVerb_OffersItsOptionsWithoutHiddenOnes()
    {
        Words("delete", "-").Should().Equal("--format", "--force", "--help");
        Words("delete", "c1", "-").Should().Equal("--format", "--force", "--help");
    }

    /// <summary>After the id comes a program of the container.</summary>
    [Fact]
    public void Of_DashAfterIdOfExec_OffersNothingOfOurs() => Words("exec", "c1", "-").Should().Equal(":files");

    [Theory]
    [InlineData("list", "--format", "j", "json")]
    [InlineData("list", "-f", "", "table,json")]
    [InlineData("--cgroup-manager", "s", null, "systemd")]
    [InlineData("create", "--bundle", "/e", ":directories")]
    [InlineData("create", "--pid-file", "", ":files")]
    [InlineData("create", "--preserve-fds", "", "")]
    [InlineData("list", "--format=t", null, "--format=table")]
    public void Of_Value_OffersWhatHelpNames(string first, string second, string? third, string expected) =>
        string.Join(',', third is null ? Words(first, second) : Words(first, second, third)).Should().Be(expected);

    [Fact]
    public void Of_Group_OffersItsVerbs()
    {
        Words("image", "im").Should().Equal("import");
        Words("help", "image", "im").Should().Equal("import");
        Words("image", "import", "--").Should().Contain("--help").And.NotContain("--root");
    }

    [Fact]
    public void Of_Signal_OffersNames() => Words("kill", "c1", "SIGUS").Should().Equal("SIGUSR1", "SIGUSR2");

    [Theory]
    [InlineData("run")]
    [InlineData("create")]
    public void Of_NewContainer_OffersNothing(string verb) => Words(verb, "").Should().BeEmpty();

    [Theory]
    [InlineData("foo", "")]
    [InlineData("--foo", "")]
    [InlineData("list", "")]
    public void Of_WordThatNothingCanFollow_OffersNothing(params string[] line) => Words(line).Should().BeEmpty();

    [Fact]
    public void Completion_UnknownShell_SaysWhichThereAre()
    {
        var result = Line.Run("completion", "ksh");

        result.Code.Should().Be(1);
        result.Error.Should().Contain("unknown shell \"ksh\" (bash, zsh, fish)");
    }

    private static string[] Words(params string[] line) =>
        [.. Completion.Of(line).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split('\t')[0])];
}
