namespace OciRun.Integration;

/// <summary>The bundles that people copy run as their READMEs say.</summary>
public sealed class BundleTests : IntegrationTest
{
    private static string Bundles => Path.Combine(Assets.RepositoryRoot, "bundles");

    private CommandResult RunBundle(string name)
    {
        string bundle = Path.Combine(Bundles, name);
        Assert.SkipUnless(Directory.Exists(Path.Combine(bundle, "rootfs")), $"bundles/{name}/rootfs is missing: run 'make rootfs'");
        return Sandbox.Runtime("--root", Sandbox.StateRoot, "run", "--bundle", bundle, Sandbox.Token + "-" + name).Run();
    }

    [Fact]
    public void Hello_SaysHello() => RunBundle("hello").ShouldExit(0).Output.Should().StartWith("Hello from hello: pid 1, user 0");

    [Fact]
    public void Limits_AreReadBackAndEnforced()
    {
        Assert.SkipUnless(CgroupView.Has("memory") && CgroupView.Has("pids") && CgroupView.Has("cpu"), "this machine lacks one of the controllers memory, pids, cpu");
        string output = RunBundle("limits").Output;
        output.Should().Contain("memory: 33554432").And.Contain("cpu:    50000").And.Contain("pids:   16")
            .And.Contain("100 MiB of memory: status 137").And.Contain("can't fork");
    }

    [Fact]
    public void UserNamespace_MapsRoot() => RunBundle("userns").ShouldExit(0).Output.Should().Contain("inside: uid 0, map:  0 100000 65536");

    [Fact]
    public void Hooks_WriteWhatTheySee()
    {
        string log = Path.Combine(Bundles, "hooks", "log", "hooks.log");
        if (File.Exists(log))
            File.Delete(log);
        RunBundle("hooks").ShouldExit(0).Output.Should().Contain("createRuntime: creat").And.Contain("startContainer: inside, as uid 0");
        File.ReadLines(log).Last().Should().StartWith("poststop: stopped");
    }

    [Fact]
    public void Seccomp_RefusesWhatItsReadmeNames()
    {
        var result = RunBundle("seccomp").ShouldExit(0);
        result.Output.Should().Contain("Seccomp:\t2").And.Contain("the rest works");
        result.Error.Should().Contain("unshare(0x10000000): Operation not permitted").And.Contain("klogctl: Operation not permitted");
    }

    [Fact]
    public void Volumes_OutliveTheContainerOrNot()
    {
        string runs = Path.Combine(Bundles, "volumes", "data", "runs");
        File.Delete(runs);
        RunBundle("volumes").ShouldExit(0).Output.Should().Be("from the host\n/given cannot be changed\nrun number 1\n/scratch is full at 1024 KiB\n");
        RunBundle("volumes").ShouldExit(0).Output.Should().Contain("run number 2");
        File.Delete(runs);
    }

    [ClaimFact("U12: a root filesystem of layers is ours alone")]
    public void Overlay_ShowsTheUpperLayerFirst() =>
        RunBundle("overlay").ShouldExit(0).Output.Should().StartWith("Hello from the layer above\n").And.EndWith("/ is read-only\n");

    [Fact]
    public void Shell_OnATerminal_Answers()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "needs script(1) of util-linux for a terminal of our own");
        string bundle = Path.Combine(Bundles, "shell");
        Assert.SkipUnless(Directory.Exists(Path.Combine(bundle, "rootfs")), "bundles/shell/rootfs is missing: run 'make rootfs'");
        string run = $"'{RuntimeUnderTest.Path}' --root '{Sandbox.StateRoot}' run --bundle '{bundle}' {Sandbox.Token}-shell";
        Sandbox.Program("script", "-qec", run, "/dev/null").Input("tty; exit 3\n").Run().ShouldExit(3).Output.Should().Contain("/dev/pts/0").And.Contain("shell:/#");
    }
}
