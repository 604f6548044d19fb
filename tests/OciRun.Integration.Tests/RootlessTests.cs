namespace OciRun.Integration;

/// <summary>An ordinary user without subordinate ids, uid 1000 without capabilities (S63, S65, S77, S86, S126-S128, C1).</summary>
public sealed class RootlessTests : IntegrationTest
{
    private const int User = 1000;

    private Container NewRootless()
    {
        var container = NewContainer().Remove("/linux/resources").Remove("/linux/cgroupsPath").Remove("/process/rlimits");
        container.Add("/linux/namespaces", new JsonObject { ["type"] = "user" });
        foreach (string kind in new[] { "uidMappings", "gidMappings" })
            container.Add("/linux/" + kind, new JsonObject { ["containerID"] = 0, ["hostID"] = User, ["size"] = 1 });
        container.Set("/mounts/2/options", new JsonArray("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"));
        return container;
    }

    private CommandResult Run(Container container, params string[] words)
    {
        container.Probe(words).Verb("run"); // writes config.json
        Sandbox.Program("chown", "-R", $"{User}:{User}", container.Bundle).Run().ShouldExit(0);
        return AsUser("run", "--bundle", container.Bundle, container.Id).Run();
    }

    private Command AsUser(params string[] words)
    {
        string runtimeDirectory = Path.Combine(Sandbox.Directory, "xdg");
        Directory.CreateDirectory(runtimeDirectory);
        Sandbox.Program("chown", $"{User}:{User}", runtimeDirectory).Run().ShouldExit(0);
        string[] user = ["setpriv", "--reuid", $"{User}", "--regid", $"{User}", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", RuntimeUnderTest.Path];
        return Sandbox.Program([.. user, .. words]).Env("XDG_RUNTIME_DIR", runtimeDirectory);
    }

    [Fact]
    public void Run_SingleMapping_RootInsideIsTheUserOutside()
    {
        var report = Run(NewRootless(), "report").ShouldExit(0).Probe.Report;
        report.Status("Uid").Should().StartWith("0");
        report.Namespace("user").Should().NotBe(File.ResolveLinkTarget("/proc/self/ns/user", false)!.Name);
        report.Mount("/sys").Type.Should().Be("sysfs");
    }

    [Fact]
    public void Run_DefaultDevices_AreTheHosts()
    {
        var said = Run(NewRootless(), "stat", "/dev/null", "+", "open", "/dev/null", "w", "+", "open", "/dev/zero").ShouldExit(0).Probe;
        said["stat /dev/null"].Should().EndWith("1:3");
        said["open /dev/null"].Should().Be("ok");
        said["open /dev/zero"].Should().Be("ok");
    }

    [Fact]
    public void Groups_CannotBeSet_IsAnError() =>
        Run(NewRootless().Set("/process/user/additionalGids", new JsonArray(0)), "exit", "0").ShouldFailWith("additional");

    [ClaimFact("S86: an unprivileged user cannot lower the score; runc 1.1 fails")]
    public void OomScoreAdj_Lower_IsLeftAlone() =>
        Run(NewRootless().Set("/process/oomScoreAdj", -500), "report").ShouldExit(0).Probe.Report.Text("oomScoreAdj").Should().Be("0");

    [ClaimFact("S65: with the host's network the host's /sys is shown read-only; runc refuses the mount")]
    public void Sysfs_HostNetwork_IsBoundReadOnly()
    {
        var said = Run(NewRootless().RemoveNamespace("network"), "report", "+", "open", "/sys/kernel/uevent_helper", "w").ShouldExit(0).Probe;
        said.Report.Mount("/sys").Options.Should().Contain("ro");
        said["open /sys/kernel/uevent_helper"].Should().NotBe("ok");
    }

    [Fact]
    public void Mappings_MoreThanSubordinateIdsAllow_IsAnError()
    {
        var container = NewRootless().Add("/linux/uidMappings", new JsonObject { ["containerID"] = 1, ["hostID"] = 3_000_000_000, ["size"] = 65536 });
        Run(container, "exit", "0").ShouldFailWith("new").Output.Should().BeEmpty();
    }

    [Fact]
    public void UserNamespace_None_IsAnErrorThatSaysSo()
    {
        var container = NewRootless().RemoveNamespace("user").Remove("/linux/uidMappings").Remove("/linux/gidMappings");
        Run(container, "exit", "0").ShouldFailWith("user namespace");
    }

    [ClaimFact("I61: the work directory of an overlay has no permissions for anybody; its owner removes it all the same")]
    public void Overlay_AfterDelete_LeavesNothing()
    {
        Run(NewRootless(), "exit", "0").ShouldExit(0); // makes the user's directory
        string data = Path.Combine(Sandbox.Directory, "xdg");
        var container = NewRootless().Set("/root/readonly", false).Probe("exit", "0");
        container.Verb("run");
        Sandbox.Program("chown", "-R", $"{User}:{User}", container.Bundle).Run().ShouldExit(0);
        Sandbox.Program("setpriv", "--reuid", $"{User}", "--regid", $"{User}", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all",
            RuntimeUnderTest.Path, "--store", data + "/store", "run", "--overlay", "--bundle", container.Bundle, container.Id).Env("XDG_RUNTIME_DIR", data).Run().ShouldExit(0);
        Directory.GetFileSystemEntries(data + "/store/containers").Should().BeEmpty();
    }

    [ClaimFact("I70: layers with user.overlay.* attributes, mounted in the user namespace; runc assembles nothing")]
    public void Overlay_OrdinaryUser_IsAssembledInTheUserNamespace()
    {
        var container = NewRootless().Set("/root/readonly", false);
        string layer = Path.Combine(container.Bundle, "layer");
        foreach (string directory in new[] { "layer/d", "upper", "work", "rootfs/d" })
            Directory.CreateDirectory(Path.Combine(container.Bundle, directory));
        File.WriteAllText(Path.Combine(container.Rootfs, "d/old"), "");
        File.WriteAllText(Path.Combine(layer, "d/new"), "");
        Sandbox.Program("setfattr", "-n", "user.overlay.opaque", "-v", "y", Path.Combine(layer, "d")).Run().ShouldExit(0);
        const string Prefix = "io.ocirun.overlay.";
        container.Set("/annotations", new JsonObject { [Prefix + "lowerdir"] = "layer:rootfs", [Prefix + "upperdir"] = "upper", [Prefix + "workdir"] = "work" });
        var result = Run(container, "ls", "/d", "+", "write", "/written", "x").ShouldExit(0);
        result.Output.Should().Contain("new").And.NotContain("old");
        File.Exists(Path.Combine(container.Bundle, "upper/written")).Should().BeTrue();
    }

    [Fact]
    public void Exec_OfTheUser_IsRootInsideWithTheContainersNamespaces()
    {
        var container = NewRootless();
        container.Probe("sleep", "60").Verb("run");
        Sandbox.Program("chown", "-R", $"{User}:{User}", container.Bundle).Run().ShouldExit(0);
        AsUser("run", "--detach", "--bundle", container.Bundle, container.Id).Run().ShouldExit(0);
        try
        {
            var report = AsUser("exec", container.Id, "/bin/probe", "report").Run().ShouldExit(0).Probe.Report;
            report.Status("Uid").Should().StartWith("0\t");
            report.Text("hostname").Should().Be("test");
            AsUser("exec", "--user", "5", container.Id, "/bin/true").Run().ShouldExit(255).Error.Should().Contain("map");
        }
        finally
        {
            AsUser("delete", "--force", container.Id).Run().ShouldExit(0);
        }
    }

    [Fact]
    public void Mounts_OfTheUsersOwn_AreAddedAndRemoved()
    {
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "Debian 12's crun does not know its own verb, runc has none");
        var container = NewRootless().Args("/bin/sh", "-c", "while [ ! -e /mnt/file ]; do sleep 0.05; done; cat /mnt/file");
        Directory.CreateDirectory(Path.Combine(container.Rootfs, "mnt"));
        container.Verb("run"); // writes config.json
        string volume = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "volume")).FullName;
        File.WriteAllText(Path.Combine(volume, "file"), "mine");
        Sandbox.Program("chown", "-R", $"{User}:{User}", container.Bundle, volume).Run().ShouldExit(0);
        using var running = AsUser("run", "--bundle", container.Bundle, container.Id).Start();
        Wait.Until(() => AsUser("state", container.Id).Run().Output.Contains("running", StringComparison.Ordinal), "it runs");
        AsUser("mounts", "add", container.Id, $"{volume}:/mnt:ro").Run().ShouldExit(0);
        running.Wait().ShouldExit(0).Output.Should().Be("mine");
    }
}
