namespace OciRun.Integration;

/// <summary>root and mounts (S40–S67).</summary>
public sealed class MountTests : IntegrationTest
{
    /// <summary>The pause container of a pod has such a /dev: its devices and mount points come first.</summary>
    [Fact]
    public void Dev_ReadOnly_HasItsDevicesAndMountPoints()
    {
        var container = NewContainer();
        int dev = container.Config["mounts"]!.AsArray().Select((mount, index) => (mount, index)).First(pair => (string)pair.mount!["destination"]! == "/dev").index;
        var report = container.Add($"/mounts/{dev}/options", "ro").Args("/bin/sh", "-c", "ls /dev; touch /dev/new; echo $?; cat /proc/self/mountinfo").Run().ShouldExit(0);
        report.Output.Split('\n').Should().Contain(["null", "pts", "shm"]).And.Contain("1");
        report.Error.Should().Contain("Read-only file system");
    }

    [Fact]
    public void Mounts_OfTheDefaultConfig_AreThereWithTheirOptions()
    {
        var report = NewContainer().Report();
        report.Mount("/proc").Type.Should().Be("proc");
        report.Mount("/dev").Should().Match<MountInfo>(m => m.Type == "tmpfs" && m.Options.Contains("nosuid"));
        report.Mount("/dev").SuperOptions.Should().Contain("size=65536k").And.Contain("mode=755");
        report.Mount("/dev/pts").Should().Match<MountInfo>(m => m.Type == "devpts" && m.Options.Contains("noexec"));
        report.Mount("/dev/pts").SuperOptions.Should().Contain("gid=5").And.Contain("mode=620").And.Contain("ptmxmode=666");
        report.Mount("/dev/shm").Options.Should().Contain(["nosuid", "noexec", "nodev"]);
        report.Mount("/dev/mqueue").Type.Should().Be("mqueue");
        report.Mount("/sys").Should().Match<MountInfo>(m => m.Type == "sysfs" && m.Options.Contains("ro"));
    }

    [Fact]
    public void RootReadonly_True_RefusesWrites()
    {
        var answers = NewContainer().RunProbe("write", "/file", "+", "mkdir", "/dir", "+", "report");
        answers["write /file"].Should().Be("EROFS");
        answers["mkdir /dir"].Should().Be("EROFS");
        answers.Report.Mount("/").Options.Should().Contain("ro");
    }

    [Fact]
    public void RootReadonly_False_WritesReachTheRootfs()
    {
        var container = NewContainer().Set("/root/readonly", false);
        container.RunProbe("write", "/file", "text")["write /file"].Should().Be("ok");
        File.ReadAllText(Path.Combine(container.Rootfs, "file")).Should().Be("text");
    }

    [Fact]
    public void RootPath_Absolute_Works()
    {
        var container = NewContainer();
        container.Set("/root/path", container.Rootfs).Report().Text("cwd").Should().Be("/");
    }

    [Fact]
    public void RootPath_Missing_NamesIt() => NewContainer().Set("/root/path", "nosuchdir").TryCreate().ShouldFailWith("nosuchdir");

    [Fact]
    public void Root_HostIsNotVisible()
    {
        var report = NewContainer().Report();
        report.Mounts.Should().NotContain(m => m.Target.Contains("ocirun-tests", StringComparison.Ordinal));
        report.Mounts.Count.Should().BeLessThan(60, "the host's mounts are gone after the pivot");
    }

    [Fact]
    public void Bind_Directory_ShowsTheSource()
    {
        var container = NewContainer();
        string source = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "vol")).FullName;
        File.WriteAllText(Path.Combine(source, "file"), "content");
        var answers = container.Mount("/tmp", source, "bind", "bind").RunProbe("read", "/tmp/file", "+", "write", "/tmp/new", "text");
        answers.Content("/tmp/file").Should().Be("content");
        File.ReadAllText(Path.Combine(source, "new")).Should().Be("text");
    }

    [Fact]
    public void Bind_SourceRelative_IsBelowTheBundle()
    {
        var container = NewContainer();
        Directory.CreateDirectory(Path.Combine(container.Bundle, "vol"));
        File.WriteAllText(Path.Combine(container.Bundle, "vol/file"), "content");
        container.Mount("/tmp", "vol", "bind", "bind").RunProbe("read", "/tmp/file").Content("/tmp/file").Should().Be("content");
    }

    [Fact]
    public void Bind_File_CreatesTheTarget()
    {
        var container = NewContainer();
        string source = Path.Combine(Sandbox.Directory, "file");
        File.WriteAllText(source, "content");
        container.Mount("/some/new/place", source, null, "bind", "ro").RunProbe("read", "/some/new/place", "+", "open", "/some/new/place", "w")
            .Content("/some/new/place").Should().Be("content");
        File.Exists(Path.Combine(container.Rootfs, "some/new/place")).Should().BeTrue();
    }

    [Theory]
    [InlineData("ro")]
    [InlineData("nosuid")]
    [InlineData("nodev")]
    [InlineData("noexec")]
    [InlineData("noatime")]
    public void Bind_Option_IsSet(string option)
    {
        string source = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "vol")).FullName;
        NewContainer().Mount("/tmp", source, "bind", "bind", option).Report().Mount("/tmp").Options.Should().Contain(option);
    }

    [Fact]
    public void Bind_SourceMissing_NamesIt()
    {
        NewContainer().Mount("/tmp", "/no/such/source", "bind", "bind").TryCreate().ShouldFailWith("/no/such/source");
    }

    [Fact]
    public void Tmpfs_Options_AreTheFileSystems()
    {
        var mount = NewContainer().Mount("/tmp", "tmpfs", "tmpfs", "size=128k", "mode=700", "noexec", "nosuid").Report().Mount("/tmp");
        mount.SuperOptions.Should().Contain("size=128k").And.Contain("mode=700");
        mount.Options.Should().Contain(["noexec", "nosuid"]);
    }

    [Fact]
    public void Mounts_Nested_AreMadeInOrder()
    {
        string source = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "vol")).FullName;
        var report = NewContainer()
            .Mount("/tmp", "tmpfs", "tmpfs")
            .Mount("/tmp/a/b", source, null, "bind")
            .Mount("/tmp/a/b/c", "tmpfs", "tmpfs").Report();
        report.Mounts.Select(m => m.Target).Where(t => t.StartsWith("/tmp", StringComparison.Ordinal)).Should().Equal("/tmp", "/tmp/a/b", "/tmp/a/b/c");
    }

    [Fact]
    public void Mounts_SameDestinationTwice_TheLastIsOnTop()
    {
        var report = NewContainer().Mount("/tmp", "first", "tmpfs").Mount("/tmp", "second", "tmpfs").Report();
        report.Mounts.Where(m => m.Target == "/tmp").Select(m => m.Source).Should().Equal("first", "second");
    }

    [Theory]
    [InlineData("private", "")]
    [InlineData("shared", "shared:")]
    [InlineData("unbindable", "unbindable")]
    public void Mount_Propagation_IsSet(string option, string seen)
    {
        string propagation = string.Join(' ', NewContainer().Mount("/tmp", "tmpfs", "tmpfs", option).Report().Mount("/tmp").Propagation);
        if (seen.Length == 0)
            propagation.Should().BeEmpty();
        else
            propagation.Should().StartWith(seen);
    }

    [Fact]
    public void Bind_RecursiveReadonly_CoversSubmounts()
    {
        // The submount is made in a mount namespace of this test's own: the host sees nothing of it.
        string source = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "vol")).FullName;
        Directory.CreateDirectory(Path.Combine(source, "sub"));
        var container = NewContainer().Mount("/tmp", source, "bind", "rbind", "rro").Probe("write", "/tmp/file", "+", "write", "/tmp/sub/file");
        var answers = container.Verb("run", "--bundle", container.Bundle, container.Id)
            .InPrivateMounts($"mount -t tmpfs sub '{source}/sub'").Run().ShouldExit(0).Probe;
        answers["write /tmp/file"].Should().Be("EROFS");
        answers["write /tmp/sub/file"].Should().Be("EROFS");
    }

    [Fact]
    public void Tmpfs_CopyUp_KeepsWhatWasThere()
    {
        var container = NewContainer().WriteFile("/data/file", "content", UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Directory.CreateDirectory(Path.Combine(container.Rootfs, "data/dir"));
        File.CreateSymbolicLink(Path.Combine(container.Rootfs, "data/link"), "file");
        var answers = container.Mount("/data", "tmpfs", "tmpfs", "tmpcopyup").RunProbe(
            "read", "/data/file", "+", "stat", "/data/file", "+", "readlink", "/data/link", "+", "stat", "/data/dir", "+", "write", "/data/new", "+", "report");
        answers.Content("/data/file").Should().Be("content");
        answers["stat /data/file"].Should().StartWith("file 0440 0 0");
        answers["readlink /data/link"].Should().Be("file");
        answers["stat /data/dir"].Should().StartWith("dir 0755");
        answers["write /data/new"].Should().Be("ok");
        answers.Report.Mount("/data").Type.Should().Be("tmpfs");
        File.Exists(Path.Combine(container.Rootfs, "data/new")).Should().BeFalse();
    }

    [Fact]
    public void Mount_UnknownType_NamesIt() => NewContainer().Mount("/tmp", "x", "nosuchfs").TryCreate().ShouldFailWith("/tmp");

    [ClaimTheory("S66: copy-symlink, of crun; podman's --mount no-dereference")]
    [InlineData(false)]
    [InlineData(true)]
    public void CopySymlink_SourceIsALink_IsMadeAgain(bool userNamespace)
    {
        string link = Path.Combine(Sandbox.Directory, "link");
        File.CreateSymbolicLink(link, "where/ever");
        var container = NewContainer().Set("/root/readonly", false).Mount("/tmp/made", link, null, "bind", "copy-symlink").Probe("readlink", "/tmp/made");
        (userNamespace ? container.UserNamespace() : container).Run().ShouldExit(0).Output.Should().Contain("where/ever");
    }

    [ClaimFact("S66: copy-symlink, of crun")]
    public void CopySymlink_SourceIsNoLink_IsMounted()
    {
        string file = Path.Combine(Sandbox.Directory, "file");
        File.WriteAllText(file, "hello");
        NewContainer().Mount("/tmp/file", file, null, "bind", "copy-symlink").Args("cat", "/tmp/file").Run().ShouldExit(0).Output.Should().Be("hello");
    }

    [ClaimFact("S66: copy-symlink, of crun")]
    public void CopySymlink_AnotherLinkIsThere_Fails()
    {
        string link = Path.Combine(Sandbox.Directory, "link");
        File.CreateSymbolicLink(link, "where/ever");
        var container = NewContainer();
        File.CreateSymbolicLink(Path.Combine(container.Rootfs, "tmp/made"), "elsewhere");
        container.Mount("/tmp/made", link, null, "bind", "copy-symlink").TryCreate().ShouldFailWith("/tmp/made", "EEXIST");
    }

    [ClaimFact("S66: src-nofollow and dest-nofollow, of crun")]
    public void NoFollow_SourceAndDestination_AreTheLinksThemselves()
    {
        string link = Path.Combine(Sandbox.Directory, "link");
        File.CreateSymbolicLink(link, "/no/such/file");
        var container = NewContainer().WriteFile("/tmp/target", "untouched");
        File.CreateSymbolicLink(Path.Combine(container.Rootfs, "tmp/there"), "target");
        container.Mount("/tmp/there", link, null, "bind", "src-nofollow", "dest-nofollow").Probe("readlink", "/tmp/there", "+", "read", "/tmp/target")
            .Run().ShouldExit(0).Output.Should().Contain("/no/such/file").And.Contain("untouched");
    }

    [Fact]
    public void Mount_OnTheRoot_IsTheRoot()
    {
        var container = NewContainer();
        string other = Path.Combine(Sandbox.Directory, "other");
        Sandbox.CopyRootfs(other);
        File.WriteAllText(Path.Combine(other, "from-the-other"), "x");
        container.Config["mounts"]!.AsArray().Insert(0, new JsonObject { ["destination"] = "/", ["source"] = other, ["options"] = new JsonArray("rbind") });
        container.Probe("stat", "/from-the-other", "+", "open", "/proc/self/stat").Run().ShouldExit(0).Output.Should().NotContain("ENOENT");
    }

    [Fact]
    public void Mount_DestinationRelative_IsBelowTheRoot()
    {
        NewContainer().Mount("tmp", "tmpfs", "tmpfs").Report().Mount("/tmp").Type.Should().Be("tmpfs");
    }

    [Fact]
    public void Mount_DestinationThroughSymlink_StaysInTheRoot()
    {
        var container = NewContainer();
        string outside = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "outside")).FullName;
        File.CreateSymbolicLink(Path.Combine(container.Rootfs, "escape"), outside);
        var report = container.Mount("/escape/new", "tmpfs", "tmpfs").Report();
        report.Mount(outside + "/new").Type.Should().Be("tmpfs", "the link is read as if / were the container's root");
        Directory.GetFileSystemEntries(outside).Should().BeEmpty("nothing may be made on the host (CVE-2024-45310)");
    }

    [Theory]
    [InlineData("proc")]
    [InlineData("sys")]
    public void Mount_ProcOrSysIsSymlink_IsRefused(string name)
    {
        var container = NewContainer();
        Directory.Delete(Path.Combine(container.Rootfs, name));
        Directory.CreateDirectory(Path.Combine(container.Rootfs, "vol"));
        File.CreateSymbolicLink(Path.Combine(container.Rootfs, name), "vol");
        container.TryCreate().ShouldFailWith("must be mounted on ordinary directory");
    }

    [Theory]
    [InlineData("slave")]
    [InlineData("private")]
    public void RootfsPropagation_NotShared_RootIsNotShared(string propagation)
    {
        string before = File.ReadAllText("/proc/self/mountinfo");
        var root = NewContainer().Set("/linux/rootfsPropagation", propagation).Report().Mount("/");
        string.Join(' ', root.Propagation).Should().NotContain("shared:");
        File.ReadAllText("/proc/self/mountinfo").Should().Be(before, "the host's propagation is not ours to change (X34)");
    }

    [ClaimFact("S198: an unbindable root; runc fails to bind its own rootfs then")]
    public void RootfsPropagation_Unbindable_IsSet() =>
        NewContainer().Set("/linux/rootfsPropagation", "unbindable").Report().Mount("/").Propagation.Should().Contain("unbindable");

    [ClaimFact("S198: the root is really shared where the config says so; runc 1.1 leaves it private")]
    public void RootfsPropagation_Shared_RootIsShared()
    {
        string before = File.ReadAllText("/proc/self/mountinfo");
        var root = NewContainer().Set("/linux/rootfsPropagation", "shared").Report().Mount("/");
        string.Join(' ', root.Propagation).Should().StartWith("shared:");
        File.ReadAllText("/proc/self/mountinfo").Should().Be(before);
    }

    [Fact]
    public void ReadonlyPaths_Root_IsReadOnly() =>
        NewContainer().Set("/root/readonly", false).Set("/linux/readonlyPaths", new JsonArray("/")).Args("/bin/touch", "/new").Run().Error.Should().Contain("Read-only file system");

    [Fact]
    public void ReadonlyPaths_Path_IsReadOnly()
    {
        var answers = NewContainer().RunProbe("open", "/proc/sys/kernel/domainname", "w", "+", "report");
        answers["open /proc/sys/kernel/domainname"].Should().Be("EROFS");
        answers.Report.Mount("/proc/irq").Options.Should().Contain("ro"); // a kernel for one processor has no file in it that could be written
    }

    [Fact]
    public void MaskedPaths_FileAndDirectory_AreEmpty()
    {
        var container = NewContainer().WriteFile("/secret/file", "x").WriteFile("/secretfile", "x");
        container.Add("/linux/maskedPaths", "/secret").Add("/linux/maskedPaths", "/secretfile").Add("/linux/maskedPaths", "/no/such/path");
        var answers = container.RunProbe("read", "/secretfile", "+", "ls", "/secret", "+", "stat", "/secretfile", "+", "write", "/secret/x");
        answers.Content("/secretfile").Should().BeEmpty();
        answers["ls /secret"].Should().BeEmpty();
        answers["stat /secretfile"].Should().Be("char 0666 0 0 1:3");
        answers["write /secret/x"].Should().Be("EROFS");
    }
}
