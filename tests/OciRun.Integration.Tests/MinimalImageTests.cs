namespace OciRun.Integration;

/// <summary>image minimal (E7): programs of this machine with the libraries that they need.</summary>
public sealed class MinimalImageTests : IntegrationTest
{
    public MinimalImageTests() => Assert.SkipUnless(RuntimeUnderTest.IsOurs, "only ocirun has images");

    private Command Ocirun(params string[] words) => Sandbox.Runtime(["--root", Sandbox.StateRoot, "--store", Sandbox.Directory + "/store", .. words]);

    private CommandResult Run(params string[] command) =>
        Ocirun(["run", "--image", "small", "--env", $"{Sandbox.Mark}={Sandbox.Token}", $"{Sandbox.Token}-m", .. command]).Run();

    /// <summary>All paths of the image.</summary>
    private string[] Files()
    {
        string layer = (string)JsonNode.Parse(Ocirun("image", "inspect", "small").Run().ShouldExit(0).Output)!["layers"]![0]!["directory"]!;
        return [.. Directory.EnumerateFileSystemEntries(layer, "*", SearchOption.AllDirectories).Select(path => path[layer.Length..])];
    }

    [Fact]
    public void Minimal_DynamicPrograms_RunWithExactlyTheirLibraries()
    {
        Ocirun("image", "minimal", "small", "ls", "/bin/sh", "cat").Run().ShouldExit(0).Output.Should().StartWith("small sha256:");
        Run("/bin/sh", "-c", "ls -d /etc/passwd /tmp && cat /etc/hosts").ShouldExit(0).Output.Should().StartWith("/etc/passwd\n/tmp\n127.0.0.1 localhost");
        Run().ShouldExit(0).Output.Should().Contain("proc", "the first program is what it runs");

        // What ldd, which runs the program's loader, says.
        string needed = Sandbox.Program("ldd", "/bin/ls", "/bin/sh", "/bin/cat").Run().ShouldExit(0).Output;
        string[] libraries = [.. needed.Split('\n').Select(line => line.Trim().Split(' ')).Where(words => words is [_, "=>", ..]).Select(words => words[0]).Distinct()];
        string[] files = Files();
        files.Select(Path.GetFileName).Where(name => name!.Contains(".so.", StringComparison.Ordinal) && !name.StartsWith("ld-", StringComparison.Ordinal))
            .Should().Contain(libraries).And.OnlyContain(name => libraries.Any(library => name!.StartsWith(library, StringComparison.Ordinal)));
    }

    [Fact]
    public void Minimal_LinksOfTheHost_StayLinks()
    {
        var bin = new DirectoryInfo("/bin");
        Assert.SkipWhen(bin.LinkTarget is null, "/bin is no link on this machine");
        Ocirun("image", "minimal", "small", "/bin/true").Run().ShouldExit(0);
        string layer = (string)JsonNode.Parse(Ocirun("image", "inspect", "small").Run().Output)!["layers"]![0]!["directory"]!;
        new DirectoryInfo(layer + "/bin").LinkTarget.Should().Be(bin.LinkTarget);
        File.Exists(layer + "/usr/bin/true").Should().BeTrue();
    }

    [Fact]
    public void Minimal_Script_BringsWhatRunsIt()
    {
        string script = Path.Combine(Sandbox.Directory, "hello");
        File.WriteAllText(script, "#!/usr/bin/env sh\necho hello; cat \"${0}.txt\"\n");
        File.SetUnixFileMode(script, (UnixFileMode)0x1ED);
        File.WriteAllText(script + ".txt", "data\n");
        Ocirun("image", "minimal", "small", script, "cat", script + ".txt").Run().ShouldExit(0);
        Run().ShouldExit(0).Output.Should().Be("hello\ndata\n");
    }

    [Fact]
    public void Minimal_StaticProgram_HasNoLibrary()
    {
        Ocirun("image", "minimal", "small", Path.Combine(Assets.Rootfs, "bin/tiny")).Run().ShouldExit(0);
        Run().ShouldExit(0);
        Files().Should().NotContain(path => path.Contains(".so", StringComparison.Ordinal));
    }

    [Fact]
    public void Minimal_LibraryThatIsMissing_IsAnErrorThatNamesIt()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/gcc"), "gcc is not installed: the test makes a program of its own");
        string d = Sandbox.Directory;
        Sandbox.Program("sh", "-ec", $"cd {d}; mkdir lib; echo 'int f(void) {{ return 7; }}' >f.c; echo 'int f(void); int main(void) {{ return f(); }}' >m.c; gcc -shared -fPIC -o lib/libf.so -Wl,-soname,libf.so.3 f.c; "
            + "cp lib/libf.so lib/libf.so.3; gcc -o m m.c -Llib -lf -Wl,-rpath,'$ORIGIN/lib'").Run().ShouldExit(0);
        Ocirun("image", "minimal", "small", d + "/m").Run().ShouldExit(0);
        Run().ShouldExit(7);
        File.Delete(d + "/lib/libf.so.3");
        Ocirun("image", "minimal", "small", d + "/m").Run().ShouldFailWith($"\"{d}/m\" needs the library \"libf.so.3\"");
    }

    [Fact]
    public void Minimal_WhatIsOnlyLookedForLater_IsSaid() =>
        Ocirun("image", "minimal", "small", "bash", "ls").Run().ShouldExit(0).Error.Should().Contain("not in the image: ").And.Contain("bash");

    [Fact]
    public void Minimal_NoSuchProgram_SaysSo() => Ocirun("image", "minimal", "small", "no-such-program").Run().ShouldFailWith("there is no program \"no-such-program\" in PATH");
}
