using OciRun.Build.Containerfile;
using OciRun.Runtime;

namespace OciRun.Build.Tests;

public sealed class ContainerfileTests
{
    private static List<Instruction> Read(string text) => FileReader.Read(text, "Dockerfile");

    [Fact]
    public void Read_CommentsAndContinuedLines_AreOneInstruction()
    {
        var instructions = Read("# a comment\n\nfrom scratch\nRUN a \\\n  # in between\n\n  b \\\n c\nCMD [\"x\"]\n");
        instructions.Select(i => (i.Line, i.Name, i.Text)).Should().Equal((3, "FROM", "scratch"), (4, "RUN", "a   b  c"), (9, "CMD", "[\"x\"]"));
    }

    /// <summary>Only a line feed ends a line: what an editor shows as a comment is one.</summary>
    [Fact]
    public void Read_SeparatorInAComment_HidesNoInstruction() =>
        Read("\uFEFFFROM a\r\n# harmless\u2028LABEL injected=yes\u0085LABEL b=c\nRUN d\n").Select(i => i.ToString()).Should().Equal("FROM a", "RUN d");

    [Fact]
    public void Read_EscapeDirective_ChangesTheCharacter() => Read("# escape=`\nFROM a\nRUN x `\n y \\\n").Last().Text.Should().Be("x  y \\");

    [Fact]
    public void Read_Flags_StandBeforeTheArguments()
    {
        var copy = Read("FROM a\nCOPY --from=build --chown=1:2 --link a b /c/\n")[1];
        (copy.Flag("from"), copy.Flag("chown"), copy.Flag("link"), copy.Flag("chmod"), copy.Text).Should().Be(("build", "1:2", "", null, "a b /c/"));
        copy.ToString().Should().Be("COPY --from=build --chown=1:2 --link a b /c/");
    }

    [Theory]
    [InlineData("", "no instructions")]
    [InlineData("FROM a\nRUM x", "Dockerfile:2: RUM is not an instruction")]
    [InlineData("FROM a\n\n\nONBUILD RUN x", "Dockerfile:4: ONBUILD is not supported")]
    [InlineData("FROM a\nRUN", "Dockerfile:2: RUN needs an argument")]
    [InlineData("FROM a\nRUN <<EOF\nx\nEOF", "Dockerfile:2: here-documents")]
    [InlineData("# escape=x\nFROM a", "Dockerfile:1: the escape character")]
    public void Read_Wrong_NamesTheLine(string text, string message)
    {
        var read = () => Read(text);
        read.Should().Throw<ContainerException>().Which.Message.Should().Contain(message);
    }

    [Theory]
    [InlineData("a b", new[] { "a", "b" })]
    [InlineData("'a b' \"c d\"", new[] { "'a b'", "\"c d\"" })]
    [InlineData("a\\ b", new[] { "a\\ b" })]
    [InlineData("x='1 2' y=", new[] { "x='1 2'", "y=" })]
    [InlineData("''", new[] { "''" })]
    [InlineData("   ", new string[0])]
    public void Split_Quotes_KeepBlanks(string text, string[] expected) => Words.Split(text).Should().Equal(expected);

    [Theory]
    [InlineData("[\"a\", \"b c\"]", new[] { "a", "b c" })]
    [InlineData("[ \"$A\" ]", new[] { "$A" })]
    public void Json_ExecForm_IsItsWords(string text, string[] expected) => Words.Json(text).Should().Equal(expected);

    [Theory]
    [InlineData("echo [\"a\"]")]
    [InlineData("[ -e /x ]")]
    [InlineData("['a']")]
    [InlineData("[1]")]
    public void Json_ShellForm_IsNone(string text) => Words.Json(text).Should().BeNull();

    [Fact]
    public void Pairs_BothForms_AreRead()
    {
        static string[] Read(string text, bool old) => [.. Words.Pairs(text, old).Select(pair => $"{pair.Key}={pair.Value ?? "null"}")];
        Read("A=1 B=\"2 3\"", old: true).Should().Equal("A=1", "B=\"2 3\"");
        Read("A one  two=3", old: true).Should().Equal("A=one  two=3");
        Read("\"a=b\"=c", old: false).Should().Equal("\"a=b\"=c");
        Read("A", old: false).Should().Equal("A=null");
    }

    [Theory]
    [InlineData("$A", "1")]
    [InlineData("x${A}y", "x1y")]
    [InlineData("$AB-$A", "-1")]
    [InlineData("\\$A", "$A")]
    [InlineData("'$A' \"$A\"", "$A 1")]
    [InlineData("\"a\\\"b\\n\"", "a\"b\\n")]
    [InlineData("a\\ b", "a b")]
    [InlineData("x$Q", "x'it is' \"")]
    [InlineData("${NONE:-x$A}", "x1")]
    [InlineData("${A:-x}", "1")]
    [InlineData("${A:+set}${NONE:+not}", "set")]
    [InlineData("${NONE:-${A}}", "1")]
    [InlineData("$", "$")]
    [InlineData("5$ and $", "5$ and $")]
    public void Expand_Word_AsTheReferenceSays(string text, string expected)
    {
        var variables = new Variables();
        variables.SetArgument("A", "hidden");
        variables.SetEnvironment("A", "1");
        variables.SetArgument("Q", "'it is' \"");
        variables.Expand(text).Should().Be(expected);
    }

    [Theory]
    [InlineData("${A")]
    [InlineData("${}")]
    [InlineData("${A:=x}")]
    [InlineData("'a")]
    [InlineData("\"a")]
    public void Expand_UnknownForm_IsAnError(string text)
    {
        var expand = () => new Variables().Expand(text);
        expand.Should().Throw<FormatException>();
    }

    [Theory]
    [InlineData("*.txt", "a.txt", true)]
    [InlineData("*.txt", "d/a.txt", false)]
    [InlineData("**/*.txt", "a.txt", true)]
    [InlineData("**/*.txt", "d/e/a.txt", true)]
    [InlineData("d/**", "d/e/f", true)]
    [InlineData("d/*", "d/e/f", false)]
    [InlineData("a?c", "abc", true)]
    [InlineData("a?c", "a/c", false)]
    [InlineData("[a-c]x", "bx", true)]
    [InlineData("[^a-c]x", "bx", false)]
    [InlineData("\\*", "*", true)]
    [InlineData("\\*", "a", false)]
    [InlineData("a.b", "axb", false)]
    [InlineData("**", "", true)]
    public void Matches_Pattern_AsGoHasIt(string pattern, string path, bool expected) => Patterns.Matches(pattern, path).Should().Be(expected);

    [Fact]
    public void Matches_ManyStars_TakesNoTime() => Patterns.Matches(string.Concat(Enumerable.Repeat("*a", 40)) + "b", new string('a', 2000)).Should().BeFalse();

    [Theory]
    [InlineData("*.log\n", "a.log", true)]
    [InlineData("*.log\n", "a.txt", false)]
    [InlineData("dir\n", "dir/deep/file", true)]
    [InlineData("/dir/\n", "dir/file", true)]
    [InlineData("*\n!keep\n", "keep", false)]
    [InlineData("*\n!keep\n", "other", true)]
    [InlineData("dir\n!dir/keep\n", "dir/keep", false)]
    [InlineData("!a\na\n", "a", true)]
    [InlineData("# a\n\n", "a", false)]
    [InlineData("\uFEFF.env\n", ".env", true)]
    [InlineData("b//c\n", "b/c", true)]
    [InlineData("./a/./b\n", "a/b", true)]
    [InlineData("a/../b\n", "b", true)]
    public void Ignores_LastRule_Decides(string file, string path, bool expected) => new IgnoreFile(file).Ignores(path).Should().Be(expected);

    [Fact]
    public void Ignores_PatternLongerThanAnyPath_IsAnError() =>
        ((Action)(() => _ = new IgnoreFile(new string('*', 200_000)))).Should().Throw<ContainerException>().WithMessage("*200000 bytes*");

    [Theory]
    [InlineData(60, true)]
    [InlineData(100, false)]
    public void Expand_VariablesWithinVariables_AreBounded(int depth, bool fits)
    {
        string text = string.Concat(Enumerable.Repeat("${A:-", depth)) + "x" + new string('}', depth);
        var expand = () => new Variables().Expand(text);
        if (fits)
            expand().Should().Be("x");
        else
            expand.Should().Throw<FormatException>();
    }

    [Fact]
    public void Json_HalfASurrogatePair_IsNone() => Words.Json("""["\ud800"]""").Should().BeNull();
}
