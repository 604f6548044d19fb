namespace OciRun.Integration;

/// <summary>The scripts that <c>ocirun completion</c> prints, in the shells that they are for.</summary>
public sealed class CompletionTests : IntegrationTest
{
    /// <summary>Does what bash does at the tab key: COMP_WORDS is the line as COMP_WORDBREAKS cuts it.</summary>
    private const string PressTab = """
        source "$1"
        compopt() { :; }
        program=$2; shift 2
        COMP_WORDS=(ocirun "$@") COMP_CWORD=$#
        [[ $(complete -p ocirun) == "complete -F _ocirun ocirun" ]] && _ocirun "$program" && echo "${COMPREPLY[*]}"
        """;

    /// <summary>Types into an interactive zsh and prints its line as it is after the tab key.</summary>
    private const string TypeIntoZsh = """
        zmodload zsh/zpty
        zpty shell "TERM=dumb PS1='> ' zsh -f -i"
        zpty -w shell "path=($3 \$path); autoload -U compinit; compinit -D -u; source $1; echo rea\"\"dy"
        zpty -r shell output '*ready*'
        zpty -w -n shell $'ocirun '$2$'\t; echo en""d\n'
        zpty -r shell output '*end*'
        print -r -- "$output"
        zpty -d shell
        """;

    private string Script(string shell)
    {
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "ocirun's own");
        Assert.SkipUnless(File.Exists("/usr/bin/" + shell) || File.Exists("/bin/" + shell), $"{shell} is not installed");
        string file = Path.Combine(Sandbox.Directory, "_ocirun");
        File.WriteAllText(file, Sandbox.Runtime("completion", shell).Run().ShouldExit(0).Output);
        return file;
    }

    /// <summary>A directory with the program under its name.</summary>
    private string Programs()
    {
        string directory = Path.Combine(Sandbox.Directory, "programs");
        Directory.CreateDirectory(directory);
        if (!File.Exists(Path.Combine(directory, "ocirun")))
            File.CreateSymbolicLink(Path.Combine(directory, "ocirun"), RuntimeUnderTest.Path);
        return directory;
    }

    private string Bash(params string[] words) =>
        Sandbox.Program(["bash", "--norc", "-c", PressTab, "bash", Script("bash"), RuntimeUnderTest.Path, .. words]).Run().ShouldExit(0).Output.TrimEnd('\n');

    [Fact]
    public void Bash_VerbsOptionsValuesAndFiles_AreCompleted()
    {
        Bash("resu").Should().Be("resume");
        Bash("image", "im").Should().Be("import");
        Bash("--cgroup-m").Should().Be("--cgroup-manager");
        Bash("exec", "--pid").Should().Be("--pidfd-socket --pid-file");
        Bash("list", "--format", "=", "j").Should().Be("json", "bash replaces what follows the = only");
        Bash("create", "--bundle", "/etc/ssl/cert").Should().Be("/etc/ssl/certs");
        Bash("create", "--bundle", "=", "/etc/ssl/cert").Should().Be("/etc/ssl/certs");
        Bash("nosuchverb", "").Should().BeEmpty();
    }

    [Fact]
    public void Bash_Container_IsOneOfTheRootThatTheLineNames()
    {
        var container = NewContainer().Args("/bin/sleep", "100").Create();

        Bash("--root", container.StateRoot, "start", "").Should().Be(container.Id);
        Bash("--root", "=", container.StateRoot, "kill", container.Id[..3]).Should().Be(container.Id);
        Bash("--root", container.StateRoot, "exec", "nosuch").Should().BeEmpty();
        Bash("--root", Sandbox.Directory + "/empty", "start", "").Should().BeEmpty();
    }

    [Fact]
    public void Zsh_Line_IsCompleted()
    {
        string script = Script("zsh");
        Sandbox.Program("zsh", "-n", script).Run().ShouldExit(0);

        string screen = Sandbox.Program("zsh", "-f", "-c", TypeIntoZsh, "zsh", script, "create --no-p", Programs()).Run().ShouldExit(0).Output;

        screen.Should().Contain("ocirun create --no-pivot");
    }

    [Fact]
    public void Fish_Line_IsCompleted()
    {
        string script = Script("fish");
        var container = NewContainer().Args("/bin/sleep", "100").Create();
        string[] Complete(string line) => Sandbox.Program("fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", script, line)
            .Env("HOME", Sandbox.Directory).Env("PATH", Programs() + ":/usr/bin:/bin").Run().ShouldExit(0).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Complete("ocirun resu").Should().Equal("resume\tLets the processes of a paused container run again.");
        Complete($"ocirun --root {container.StateRoot} start ").Should().Equal($"{container.Id}\tcreated");
        Complete("ocirun create --bundle /etc/ssl/cert").Should().ContainSingle().Which.Should().StartWith("/etc/ssl/certs/");
    }
}
