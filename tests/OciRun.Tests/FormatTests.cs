using System.Text.Json.Nodes;
using OciRun.Cli;

namespace OciRun.Tests;

/// <summary>--format json on every verb (U36): what it prints, and its errors.</summary>
public sealed class FormatTests
{
    /// <summary>Each verb and word of a group, with operands that make it fail before it does anything (a root that is no directory), or that print something harmless.</summary>
    private static readonly Dictionary<string, string[]> s_operands = new()
    {
        ["kill"] = ["c1", "NOSIGNAL"],
        ["exec"] = ["c1", "true"],
        ["update"] = ["--resources", "/nosuch/file", "c1"],
        ["mounts add"] = ["c1", "/a:/b"],
        ["mounts remove"] = ["c1", "/b"],
        ["checkpoint"] = ["c1"],
        ["restore"] = ["--bundle", "/nosuch", "c1"],
        ["create"] = ["--bundle", "/nosuch", "c1"],
        ["run"] = ["--bundle", "/nosuch", "c1"],
        ["spec"] = ["--bundle", "/nosuch"],
        ["validate"] = ["--bundle", "/nosuch"],
        ["explain"] = ["--bundle", "/nosuch"],
        ["seccomp dump"] = ["--bundle", "/nosuch"],
        ["seccomp explain"] = ["--bundle", "/nosuch", "mkdir"],
        ["image import"] = ["oci:/nosuch", "x"],
        ["image export"] = ["x", "oci:/nosuch/y"],
        ["image list"] = [],
        ["image inspect"] = ["x"],
        ["image history"] = ["x"],
        ["image usage"] = [],
        ["image verify"] = [],
        ["image remove"] = ["x"],
        ["image gc"] = [],
        ["image minimal"] = ["x", "/nosuch/program"],
        ["unpack"] = ["x", "/nosuch/bundle"],
        ["commit"] = ["c1", "x"],
        ["build"] = ["--tag", "x", "/nosuch"],
        ["completion"] = ["bash"],
        ["features"] = [],
        ["version"] = [],
        ["list"] = [],
    };

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
    public void Json_OfEveryVerb_IsTakenAndIsTheFormOfOutputAndErrors(string verb)
    {
        var result = Line.Run(["--root", "/dev/null/nosuch", "--store", "/dev/null/nosuch", .. verb.Split(' '), "--format", "json", .. s_operands.GetValueOrDefault(verb, ["c1"])]);
        if (result.Output.Length > 0)
        {
            JsonNode.Parse(result.Output).Should().NotBeNull();
        }
        if (result.Code == 0)
        {
            result.Error.Should().BeEmpty();
            return;
        }
        var error = JsonNode.Parse(result.Error)!;
        ((string)error["level"]!).Should().Be("error");
        ((string)error["code"]!).Should().NotBeEmpty();
        ((string)error["msg"]!).Should().NotContain("flag provided but not defined").And.NotContain("requires", "the line of this test is complete");
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Format_OfEveryVerb_IsChecked(string verb) =>
        Line.Run([.. verb.Split(' '), "--format", "yaml", .. s_operands.GetValueOrDefault(verb, ["c1"])]).Error.Should().Contain("invalid format option \"yaml\"").And.Contain("json");

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
}
