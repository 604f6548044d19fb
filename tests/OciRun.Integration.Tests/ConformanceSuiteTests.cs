using System.Xml.Linq;

namespace OciRun.Integration;

/// <summary>The conformance suite (spec-conformance/suite) can fail: runtimes that do one thing wrong are found out, and programs of another suite are summed up as they are.</summary>
public sealed class ConformanceSuiteTests : IntegrationTest
{
    private static readonly string s_program = Path.Combine(Assets.RepositoryRoot, "spec-conformance/suite/bin/Debug/net10.0/OciRun.Conformance");

    private CommandResult Suite(params string[] words)
    {
        Assert.SkipUnless(File.Exists(s_program), $"{s_program} is not built");
        return Sandbox.Program([s_program, "--rootfs", Assets.Rootfs, "--work", Sandbox.Directory, .. words]).Run();
    }

    private string Script(string name, string text)
    {
        string path = Path.Combine(Sandbox.Directory, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "#!/bin/sh\n" + text + "\n");
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        return path;
    }

    // A runtime that is right but for the branch of a shell case over the verb.
    private string Wrong(string branch) => Script("wrong", $"case \"$3\" in {branch} esac\nexec {RuntimeUnderTest.Path} \"$@\"");

    [Fact]
    public void Suite_OfARightRuntime_Passes()
    {
        var result = Suite("--runtime", RuntimeUnderTest.Path, "--filter", "runtime.state.id").ShouldExit(0);
        result.Output.Should().StartWith("TAP version 13\n1..2\n").And.Contain("\nok 1 ").And.Contain("\nok 2 ").And.NotContain("not ok").And.Contain("2 passed, 0 failed");
    }

    [Theory]
    [InlineData("kill) exit 0 ;;", "Kill_OfAStopped", "kill generates no error")]
    [InlineData("delete) [ \"$4\" = --force ] || exit 0 ;;", "Delete_RemovesWhatCreateMade", "state generates no error")]
    [InlineData("state) echo '{\"ociVersion\": \"1.0.2\", \"id\": \"other\", \"status\": \"running\"}'; exit 0 ;;", "Id_IsTheContainers", "id is other")]
    [InlineData("create) $REAL \"$@\" || exit; for id; do :; done; exec $REAL --root \"$2\" start \"$id\" ;;", "Create_DoesNotRunTheProgram", "the program ran before start")]
    [InlineData("create) kill -SEGV $$ ;;", "Create_WithAnInvalidId", "ended by signal 11")]
    [InlineData("features) echo '{\"ociVersionMin\": \"1.2.0\", \"ociVersionMax\": \"1.0.0\"}'; exit 0 ;;", "VersionMax_IsNotLess", "is less than")]
    public void Suite_OfAWrongRuntime_Fails(string branch, string test, string reason)
    {
        var result = Suite("--runtime", Wrong(branch.Replace("$REAL", RuntimeUnderTest.Path, StringComparison.Ordinal)), "--filter", test);
        result.ShouldExit(1).Output.Should().Contain("\nnot ok 1 ").And.Contain(reason).And.NotContain(", 0 failed");
    }

    [Theory]
    [InlineData("run) echo no containers today >&2; exit 1 ;;", "State", "no containers today")]
    [InlineData("state) ;;", "NoSuchTestAnywhere", "no test has NoSuchTestAnywhere")]
    public void Suite_ThatCannotRun_IsNoResult(string branch, string filter, string message) =>
        Suite("--runtime", Wrong(branch), "--filter", filter).ShouldExit(2).Error.Should().Contain(message);

    [Fact]
    public void Suite_JUnit_CountsFailures()
    {
        var result = Suite("--runtime", Wrong("delete) [ \"$4\" = --force ] || exit 0 ;;"), "--filter", "Delete_RemovesWhatCreateMade", "--format", "junit").ShouldExit(1);
        var suite = XDocument.Parse(result.Output).Root!;
        suite.Attribute("tests")!.Value.Should().Be("1");
        suite.Attribute("failures")!.Value.Should().Be("1");
        suite.Element("testcase")!.Element("failure")!.Attribute("message")!.Value.Should().Contain("state");
    }

    [Fact]
    public void RuntimeTools_OfEveryKind_AreSummedUp()
    {
        foreach (var (name, text) in new[]
        {
            ("validation/pass.t", "[ -x \"$RUNTIME\" ] && [ -e validation/pass.t ] && printf 'TAP version 13\\nok 1 - one\\n  ---\\n  {}\\n  ...\\nok 2 # SKIP not here\\n1..2\\n'"),
            ("validation/fail.t", "printf '1..2\\nok 1\\nnot ok 2 - two\\n'; exit 1"),
            ("validation/todo.t", "printf '1..2\\nok 1\\nnot ok 2 # TODO later\\n'"),
            ("skip.t", "echo '1..0 # skip no cgroup here'"),
            ("short.t", "printf '1..3\\nok 1\\n'"),
            ("silent.t", "exit 0"),
            ("crash.t", "echo 'ok 1'; kill -SEGV $$"),
            ("hang.t", "echo 'ok 1'; exec sleep 60"),
            ("documents.t", "printf 'TAP version 13\\nok 1\\n1..1\\nTAP version 13\\nok 1\\nok 2\\n1..2\\n'"),
            ("error.t", "printf '1..0\\n  ---\\n  error: it was not called\\n  ...\\n'"),
            ("none.t", "echo 1..0"),
        })
            Script("tools/" + name, text);
        File.WriteAllText(Path.Combine(Sandbox.Directory, "tools/source.t"), "not executable");
        var result = Suite("--runtime", RuntimeUnderTest.Path, "--runtime-tools", Path.Combine(Sandbox.Directory, "tools"), "--limit", "1").ShouldExit(1);
        string[] lines = result.Output.Split('\n');
        lines.Should().Contain("1..11");
        foreach (string name in new[] { "validation/pass.t", "validation/todo.t", "documents.t" })
            lines.Should().Contain(l => l.StartsWith("ok ", StringComparison.Ordinal) && l.EndsWith(name, StringComparison.Ordinal));
        foreach (string name in new[] { "validation/fail.t", "short.t", "silent.t", "crash.t", "hang.t", "error.t" })
            lines.Should().Contain(l => l.StartsWith("not ok ", StringComparison.Ordinal) && l.EndsWith(" " + name, StringComparison.Ordinal));
        lines.Should().Contain(l => l.EndsWith("skip.t # SKIP no cgroup here", StringComparison.Ordinal));
        lines.Should().Contain(l => l.EndsWith("none.t # SKIP it makes no claim (1..0)", StringComparison.Ordinal));
        result.Output.Should().Contain("did not end within").And.Contain("planned 3").And.Contain("error: it was not called").And.Contain("3 passed, 6 failed, 0 differ where they may, 2 skipped");
    }
}
