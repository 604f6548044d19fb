using System.Text.Json.Nodes;
using OciRun.Cli;

namespace OciRun.Tests;

/// <summary>--format on every verb (U36): the form of errors. What each prints is a matter of the program that is run.</summary>
public sealed class FormatTests
{
    public static TheoryData<string> Verbs()
    {
        var names = new TheoryData<string>();
        foreach (string name in VerbList.Names)
        {
            if (VerbList.Create(name) is GroupVerb group)
            {
                names.AddRange(group.Names.Select(word => name + " " + word).ToArray());
            }
            else
            {
                names.Add(name);
            }
        }
        return names;
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Format_OfEveryVerb_IsChecked(string verb) =>
        Line.Run([.. verb.Split(' '), "--format", "yaml", .. Enumerable.Repeat("x", VerbOf(verb).Operands.Count(operand => operand[0] != '['))]).Error.Should().Contain("invalid format option \"yaml\"").And.Contain("json");

    [Fact]
    public void Error_OfTheCommandLine_IsJsonToo() =>
        JsonNode.Parse(Line.Run("start", "--format", "json", "--nosuch", "c1").Error)!["code"]!.ToString().Should().Be("usage");

    [Fact]
    public void Error_WithALog_IsForPeople()
    {
        string log = Path.Combine(Path.GetTempPath(), $"ocirun-format-{Environment.ProcessId}");
        try
        {
            Line.Run("--log", log, "kill", "--format", "json", "c1", "NOSIGNAL").Error.Should().StartWith("unknown signal");
            File.ReadAllText(log).Should().Contain("level=error", "--log-format is the form of the log");
        }
        finally
        {
            File.Delete(log);
        }
    }

    private static Verb VerbOf(string name)
    {
        string[] words = name.Split(' ');
        var verb = VerbList.Create(words[0])!;
        return verb is GroupVerb group ? group.Create(words[1])! : verb;
    }
}
