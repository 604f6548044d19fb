namespace OciRun.Integration;

/// <summary>--format json on every verb (U36): a new verb that does not take it fails here.</summary>
public sealed class FormatTests : IntegrationTest
{
    /// <summary>What makes a verb fail before it does anything, or print something harmless; others get the id of a container that there is not.</summary>
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

    public FormatTests() => Assert.SkipUnless(RuntimeUnderTest.IsOurs, "only ocirun has --format everywhere");

    [Fact]
    public void Json_OfEveryVerb_IsTheFormOfOutputAndErrors()
    {
        string[] verbs = [.. Complete("").SelectMany(name => Complete(name, "") is [.. var words] && IsGroup(name) ? words.Select(word => name + " " + word) : [name])];
        verbs.Should().HaveCountGreaterThan(35).And.Contain("image import").And.Contain("seccomp dump");
        string root = Path.Combine(Sandbox.Directory, "root"), store = Path.Combine(Sandbox.Directory, "store");
        foreach (string verb in verbs)
        {
            var result = Sandbox.Runtime(["--root", root, "--store", store, .. verb.Split(' '), "--format", "json", .. s_operands.GetValueOrDefault(verb, ["c1"])]).Run();
            if (result.Output.Length > 0)
                JsonNode.Parse(result.Output).Should().NotBeNull(verb);
            if (result.ExitCode == 0)
            {
                result.Error.Should().BeEmpty(verb);
                continue;
            }
            var error = JsonNode.Parse(result.Error.TrimEnd('\n').Split('\n')[^1])!;
            ((string)error["level"]!).Should().Be("error", verb);
            ((string)error["code"]!).Should().NotBeEmpty(verb);
            ((string)error["msg"]!).Should().NotContain("flag provided but not defined", verb).And.NotContain("requires", $"the line for {verb} is complete");
        }
    }

    private static bool IsGroup(string verb) => verb is "image" or "mounts" or "seccomp";

    private string[] Complete(params string[] words) => [.. Sandbox.Runtime(["complete", .. words]).Run().ShouldExit(0).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')[0])];
}
