using OciRun.Cli;

namespace OciRun.Tests;

public sealed class PrintableTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain \"text\" with \\ and ' and `", "plain \"text\" with \\ and ' and `")]
    [InlineData("grün 容器 🐧", "grün 容器 🐧")]
    [InlineData("a\nb\r\tc", "a\\nb\\r\\tc")]
    [InlineData("\x1b[2J\x7f\0", "\\x1b[2J\\x7f\\x00")]
    [InlineData("\u009b31m", "\\u009b31m")]
    [InlineData("exe.\u202egpj", "exe.\\u202egpj")]
    [InlineData("\u2028\u2029\u200b\ufeff", "\\u2028\\u2029\\u200b\\ufeff")]
    [InlineData("\U000E0041", "\\udb40\\udc41")]
    public void Escape_Text_IsSafeToPrint(string text, string expected) => Printable.Escape(text).Should().Be(expected);

    [Fact]
    public void Escape_LoneSurrogates_AreWrittenAsNumbers() =>
        Printable.Escape(new string(['a', '\ud800', 'b', '\udc00'])).Should().Be("a\\ud800b\\udc00");

    [Theory]
    [InlineData("a", "\"a\"")]
    [InlineData("a\"b\\c\nd", "\"a\\\"b\\\\c\\nd\"")]
    public void Quote_Text_IsOneQuotedWord(string text, string expected) => Printable.Quote(text).Should().Be(expected);
}
