using OciRun.Build.Containerfile;
using OciRun.Build.Steps;
using OciRun.Images;
using OciRun.Images.Model;
using OciRun.Linux;

namespace OciRun.Build.Tests;

public sealed class StepTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("ocirun-steps-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private SafeFd Root => Files.Open(_directory, OpenFlags.ReadOnly | OpenFlags.Directory);

    private string Make(string path, string text = "")
    {
        string full = Path.Combine(_directory, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
        return full;
    }

    private void Link(string path, string target) => File.CreateSymbolicLink(Path.Combine(_directory, path), target);

    private static StageState Apply(params string[] lines)
    {
        StageState state = StageState.Of(null, null);
        foreach (Instruction instruction in FileReader.Read(string.Join('\n', lines), "Dockerfile"))
        {
            SettingSteps.Apply(state, instruction);
        }

        return state;
    }

    [Fact]
    public void Apply_Environment_SeesWhatWasBefore()
    {
        StageState state = Apply("ENV A=1 B=2", "ENV A=3 C=$A", "ENV D=\"$C $A\"");
        state.Settings.Env.Should().Equal("A=3", "B=2", "C=1", "D=1 3");
    }

    [Fact]
    public void Apply_Command_IsAListOrALineForTheShell()
    {
        ContainerSettings settings = Apply("CMD echo $X", "SHELL [\"/bin/bash\", \"-ec\"]", "ENTRYPOINT exec x").Settings;
        settings.Cmd.Should().Equal("/bin/sh", "-c", "echo $X");
        settings.Entrypoint.Should().Equal("/bin/bash", "-ec", "exec x");
        Apply("CMD [\"a\"]", "ENTRYPOINT [\"b\"]").Settings.Cmd.Should().Equal("a");
    }

    [Fact]
    public void Apply_Entrypoint_TakesAwayTheCommandOfTheImage()
    {
        StageState below = Apply("CMD [\"a\"]");
        StageState state = StageState.Of(below);
        SettingSteps.Apply(state, FileReader.Read("ENTRYPOINT [\"b\"]", "Dockerfile")[0]);
        state.Settings.Cmd.Should().BeNull();
        below.Settings.Cmd.Should().Equal("a");
    }

    [Fact]
    public void Of_Parts_ThatAreCutOtherwiseHaveOtherKeys()
    {
        Digest[] keys = [StepKey.Of("ab", "c"), StepKey.Of("a", "bc"), StepKey.Of("abc"), StepKey.Of("abc", "")];
        keys.Should().OnlyHaveUniqueItems();
        StepKey.Of("a", "b").Should().Be(StepKey.Of("a", "b"));
    }

    [Theory]
    [InlineData("a/f", "a/f")]
    [InlineData("/a/./../a/f", "a/f")]
    [InlineData("../../a", "a")]
    [InlineData("l/f", "a/f")]
    [InlineData("up/f", "a/f")]
    [InlineData("abs/f", "a/f")]
    [InlineData("l/../f", "f")]
    [InlineData("dangling/x", "not/there/x")]
    [InlineData("new/deep", "new/deep")]
    [InlineData("a/f/below", "a/f/below")]
    [InlineData("", "")]
    public void Resolve_Path_StaysBelowTheRoot(string path, string expected)
    {
        Make("a/f");
        Link("l", "a");
        Link("up", "../../../a");
        Link("abs", "/a");
        Link("dangling", "/not/there");
        using SafeFd root = Root;
        RootedPath.Resolve(root, path).Should().Be(expected);
    }

    [Fact]
    public void Resolve_Loop_IsAnError()
    {
        Link("l", "m");
        Link("m", "l");
        using SafeFd root = Root;
        var resolve = () => RootedPath.Resolve(root, "l/x");
        resolve.Should().Throw<FormatException>().WithMessage("*too many levels of symbolic links*");
    }

    private string[] Find(string word, string ignore = "")
    {
        using var source = new CopySource(Root, "the context", new IgnoreFile(ignore));
        return [.. source.Find(word).SelectMany(static item => item.Files.Select(file => item.Name + "=" + RootedPath.Join(file.Path, "")))];
    }

    [Fact]
    public void Find_Words_AreFilesDirectoriesAndPatterns()
    {
        Make("d/b.txt");
        Make("d/a.txt");
        Make("d/e/c.txt");
        Link("l", "d/e");
        Link("d/x", "/etc/passwd");
        Find("d/a.txt").Should().Equal("a.txt=d/a.txt");
        Find("d/*.txt").Should().Equal("a.txt=d/a.txt", "b.txt=d/b.txt");
        Find("**/c.txt").Should().Equal("c.txt=d/e/c.txt");
        Find("l").Should().Equal("l=d/e", "l=d/e/c.txt");
        Find("./d").Should().Equal("d=d", "d=d/a.txt", "d=d/b.txt", "d=d/e", "d=d/e/c.txt", "d=d/x");
        Find("d", "d\n!d/e/c.txt").Should().Equal("d=d", "d=d/e", "d=d/e/c.txt");
        foreach (string none in new[] { "nothing", "d/*.log", "d/x", "../x", "d/e/../../../x" })
        {
            var find = () => Find(none);
            find.Should().Throw<FormatException>(none);
        }
    }

    private string Hash()
    {
        using var source = new CopySource(Root, "the context", new IgnoreFile(""));
        return SourceHash.Of(source, source.Find("."));
    }

    [Fact]
    public void Hash_Tree_ChangesWithNamesModesAndContentOnly()
    {
        string file = Make("d/f", "1");
        string first = Hash();
        File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);
        Hash().Should().Be(first);
        var seen = new HashSet<string> { first };
        foreach (Action change in new Action[]
        {
            () => File.WriteAllText(file, "2"),
            () => File.SetUnixFileMode(file, UnixFileMode.UserRead),
            () => File.Move(file, file + "g"),
            () => Make("d/empty"),
            () => Link("d/l", "a"),
            () => Directory.CreateDirectory(Path.Combine(_directory, "d/new")),
        })
        {
            change();
            seen.Add(Hash()).Should().BeTrue();
        }
    }
}
