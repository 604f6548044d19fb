namespace OciRun.Integration;

/// <summary>A hostile image: what it puts at the places where the runtime mounts, makes and writes (rows X3-X34).</summary>
public sealed class SecurityMountTests : IntegrationTest
{
    private string Canary => Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "canary")).FullName;

    /// <summary>Removes the mounts of the default config at and below the path: the image's own directory is used then.</summary>
    private static Container WithoutMounts(Container container, string path)
    {
        var mounts = container.Config["mounts"]!.AsArray();
        foreach (var mount in mounts.ToArray())
        {
            string destination = (string)mount!["destination"]!;
            if (destination == path || destination.StartsWith(path + "/", StringComparison.Ordinal))
                mounts.Remove(mount);
        }
        return container;
    }

    private static void Replace(Container container, string name, string target)
    {
        string path = Path.Combine(container.Rootfs, name);
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        File.CreateSymbolicLink(path, target);
    }

    // --- X3, X4, X10, X11, X20: /proc and /sys

    [Theory]
    [Trait("Row", "X3")]
    [InlineData("/proc", "tmpfs")]
    [InlineData("/proc", "bind")]
    [InlineData("/proc/self", "tmpfs")]
    [InlineData("/proc/self/attr", "bind")]
    [InlineData("/proc/sys", "tmpfs")]
    [InlineData("/proc/./sys/../1", "tmpfs")]
    public void X3_MountOnProc_IsRefused(string destination, string type)
    {
        Assert.SkipWhen(!RuntimeUnderTest.IsOurs && destination == "/proc/sys", "runc 1.1 looks at the sources of bind mounts only");
        NewContainer().Mount(destination, type == "bind" ? Canary : "tmpfs", type, type == "bind" ? ["bind"] : []).Probe("report").TryCreate()
            .ShouldFailWith(RuntimeUnderTest.IsOurs ? "inside /proc" : "proc");
    }

    [ClaimFact("X3: the target is looked at where it is, not by its name; runc 1.1 mounts on /proc/sys through a link")]
    [Trait("Row", "X3")]
    public void X3_MountOnProcThroughALinkOfTheImage_IsRefused()
    {
        var container = NewContainer();
        File.CreateSymbolicLink(Path.Combine(container.Rootfs, "harmless"), "/proc/sys");
        container.Mount("/harmless", "tmpfs", "tmpfs").Probe("report").TryCreate().ShouldFailWith("proc");
    }

    [Fact]
    [Trait("Row", "X3")]
    public void X3_FilesThatLxcfsReplaces_AreAllowed()
    {
        string file = Path.Combine(Sandbox.Directory, "cpuinfo");
        File.WriteAllText(file, "mine");
        NewContainer().Mount("/proc/cpuinfo", file, "bind", "bind").RunProbe("read", "/proc/cpuinfo").Content("/proc/cpuinfo").Should().Be("mine");
    }

    [Theory]
    [Trait("Row", "X4")]
    [InlineData("proc", "/proc", "../vol/x")]
    [InlineData("proc", "/proc", "/vol")]
    [InlineData("proc", "/proc/", "vol")]
    [InlineData("proc", "/./proc", "vol")]
    [InlineData("proc", "/x/../proc", "vol")]
    [InlineData("sys", "/sys", "../vol")]
    [InlineData("sys", "//sys/.", "vol")]
    public void X4_X10_X11_X20_ProcOrSysIsALink_IsRefused(string name, string destination, string target)
    {
        var container = NewContainer();
        Directory.CreateDirectory(Path.Combine(container.Rootfs, "vol/x"));
        Replace(container, name, target);
        foreach (var mount in container.Config["mounts"]!.AsArray())
        {
            if ((string)mount!["destination"]! == "/" + name)
                mount["destination"] = destination;
        }
        container.Probe("report").TryCreate().ShouldFailWith("must be mounted on ordinary directory");
    }

    // --- X15, X28: the console

    [Theory]
    [Trait("Row", "X15")]
    [InlineData("link to a file of the host")]
    [InlineData("link to /proc/sys/kernel/domainname")]
    [InlineData("directory")]
    [InlineData("fifo")]
    [InlineData("file")]
    public void X15_X28_ConsoleIsSomethingElse_RefusedOrARealTerminal(string kind)
    {
        Assert.SkipWhen(!RuntimeUnderTest.IsOurs && kind.Contains("proc", StringComparison.Ordinal), "runc 1.1 binds the terminal on what the link names (CVE-2025-52565)");
        var container = WithoutMounts(NewContainer(), "/dev").Set("/root/readonly", false).Set("/process/terminal", true);
        string dev = Path.Combine(container.Rootfs, "dev"), console = Path.Combine(dev, "console"), victim = Path.Combine(Canary, "victim");
        container.Mount("/dev/pts", "devpts", "devpts", "newinstance", "ptmxmode=0666", "mode=0620");
        File.Delete(console);
        switch (kind)
        {
            case "directory": Directory.CreateDirectory(console); break;
            case "fifo": Sandbox.Program("mkfifo", console).Run().ShouldExit(0); break;
            case "file": File.WriteAllText(console, "x"); break;
            default: File.CreateSymbolicLink(console, kind.Contains("proc", StringComparison.Ordinal) ? "/proc/sys/kernel/domainname" : victim); break;
        }
        using var socket = new ConsoleSocket(Path.Combine(Sandbox.Directory, "tty.sock"));
        var result = container.Probe("stat", "/dev/console", "+", "report", "+", "sleep", "30").TryCreate("--console-socket", socket.Path);
        Directory.GetFileSystemEntries(Canary).Should().BeEmpty("nothing may be made on the host (CVE-2026-88264)");
        if (result.ExitCode != 0)
        {
            result.Error.Should().Contain("/dev/console");
            return;
        }
        using var master = socket.Receive();
        container.Proc("mountinfo").Split('\n').Select(MountInfo.Parse).Should().ContainSingle(m => m.Target == "/dev/console")
            .Which.Type.Should().Be("devpts");
    }

    // --- X16, X30, X52: a fake /proc of the image

    [ClaimFact("X16, X52: kernel parameters go through a private procfs; runc 1.1 writes into whatever the image has at /proc")]
    [Trait("Row", "X16")]
    public void X16_X52_NoProcMount_SysctlDoesNotGoToTheImagesFile()
    {
        var container = WithoutMounts(NewContainer(), "/proc").Remove("/linux/maskedPaths").Remove("/linux/readonlyPaths")
            .Set("/root/readonly", false).Set("/linux/sysctl", new JsonObject { ["kernel.shm_rmid_forced"] = "1", ["net.ipv4.ip_forward"] = "1" });
        container.WriteFile("/proc/sys/kernel/shm_rmid_forced", "image").WriteFile("/proc/sys/net/ipv4/ip_forward", "image");
        var answers = container.RunProbe("read", "/proc/sys/kernel/shm_rmid_forced", "+", "mkdir", "/realproc", "+", "report");
        answers.Content("/proc/sys/kernel/shm_rmid_forced").Should().Be("image", "the real parameter was meant");
        File.ReadAllText(Path.Combine(container.Rootfs, "proc/sys/net/ipv4/ip_forward")).Should().Be("image");
    }

    [ClaimFact("X16, X52: the value arrives although the image covers /proc")]
    [Trait("Row", "X52")]
    public void X52_NoProcMount_SysctlReachesTheKernel()
    {
        var container = WithoutMounts(NewContainer(), "/proc").Remove("/linux/maskedPaths").Remove("/linux/readonlyPaths").Probe("signals", "TERM")
            .Set("/linux/sysctl", new JsonObject { ["kernel.shmmni"] = "77" }).WriteFile("/proc/sys/kernel/shmmni", "image").Create();
        Sandbox.Program("nsenter", "--ipc=/proc/" + container.Pid + "/ns/ipc", "cat", "/proc/sys/kernel/shmmni").Run().Output.Should().Be("77\n");
    }

    [Fact]
    [Trait("Row", "X30")]
    public void X30_ReadonlyRoot_FakeProcOfTheImage_StillReadOnly()
    {
        var container = WithoutMounts(NewContainer(), "/proc").Remove("/linux/maskedPaths").Remove("/linux/readonlyPaths");
        Directory.CreateDirectory(Path.Combine(container.Rootfs, "proc/self"));
        Directory.CreateDirectory(Path.Combine(container.Rootfs, "elsewhere"));
        File.CreateSymbolicLink(Path.Combine(container.Rootfs, "proc/self/fd"), "/elsewhere");
        File.CreateSymbolicLink(Path.Combine(container.Rootfs, "proc/thread-self"), "self");
        var result = container.Probe("write", "/file", "+", "mkdir", "/elsewhere/x").Run();
        if (!RuntimeUnderTest.IsOurs && result.ExitCode == 1)
            return; // refuses such an image, which is safe too
        var answers = result.ShouldExit(0).Probe;
        answers["write /file"].Should().Be("EROFS");
        answers["mkdir /elsewhere/x"].Should().Be("EROFS");
    }

    [Fact]
    [Trait("Row", "X16")]
    public void X16_Create_EveryWriteToProcIsThroughADescriptorOfProc()
    {
        // What strace shows of the container's own processes: they write to sysctl files and never open one by an absolute path.
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "runc 1.1 opens /proc/sys/... by its path");
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "strace is not installed");
        var container = NewContainer().Set("/linux/sysctl", new JsonObject { ["kernel.shm_rmid_forced"] = "1" }).Probe("exit", "0");
        string log = Path.Combine(Sandbox.Directory, "trace");
        container.Verb("list");
        Sandbox.Program("strace", "-ff", "-qq", "-o", log, "-e", "trace=openat2,openat,open,write", "-y", RuntimeUnderTest.Path, "--root", container.StateRoot,
            "run", "--bundle", container.Bundle, container.Id).Run().ShouldExit(0);
        string[] lines = [.. Directory.GetFiles(Sandbox.Directory, "trace.*").SelectMany(File.ReadAllLines).Where(l => l.Contains("shm_rmid_forced", StringComparison.Ordinal))];
        lines.Should().Contain(l => l.StartsWith("openat2(", StringComparison.Ordinal) && l.Contains("RESOLVE_NO_XDEV", StringComparison.Ordinal)
            && l.Contains("RESOLVE_NO_SYMLINKS", StringComparison.Ordinal));
        lines.Should().NotContain(l => l.Contains("\"/proc/sys", StringComparison.Ordinal));
    }

    // --- X14, X17: /dev

    [ClaimTheory("X14, CVE-2025-31133: masks are the host's /dev/null, whatever the container has there; runc since 1.2.8")]
    [Trait("Row", "X14")]
    [InlineData("link")]
    [InlineData("file")]
    [InlineData("missing")]
    public void X14_NullOfTheContainerIsFake_MaskedPathsAreMasked(string kind)
    {
        var container = NewContainer().WriteFile("/secret", "the secret").Add("/linux/maskedPaths", "/secret");
        string volume = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "dev")).FullName, fake = Path.Combine(volume, "null");
        WithoutMounts(container, "/dev").Mount("/dev", volume, "bind", "bind");
        if (kind == "link")
            File.CreateSymbolicLink(fake, "/proc/sys/kernel/domainname");
        else if (kind == "file")
            File.WriteAllText(fake, "attacker's");
        var answers = container.RunProbe("read", "/secret", "+", "stat", "/secret", "+", "stat", "/proc/keys", "+", "open", "/proc/sys/kernel/domainname", "w");
        answers.Content("/secret").Should().BeEmpty();
        answers["stat /secret"].Should().EndWith("1:3");
        answers["stat /proc/keys"].Should().EndWith("1:3");
        answers["open /proc/sys/kernel/domainname"].Should().Be("EROFS");
    }

    [ClaimTheory("X17, CVE-2026-41579: links of /dev are made below a directory that was opened; runc before 1.5 makes them on the host")]
    [Trait("Row", "X17")]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public void X17_DevOfTheImageIsALink_NothingIsMadeOutside(bool mounted, bool upwards)
    {
        // Without a /dev mount the nodes are made in the image itself. The canary has the same path on the host.
        var container = NewContainer().Set("/root/readonly", false).Probe("ls", "/dev/", "+", "ls", Canary);
        if (!mounted)
            WithoutMounts(container, "/dev");
        string back = string.Concat(Enumerable.Repeat("../", 12));
        Replace(container, "dev", upwards ? back + Canary.TrimStart('/') : Canary);
        string hostBefore = string.Join(' ', Directory.GetFileSystemEntries("/dev").Order());
        var result = container.Run();
        Directory.GetFileSystemEntries(Canary).Should().BeEmpty();
        string.Join(' ', Directory.GetFileSystemEntries("/dev").Order()).Should().Be(hostBefore);
        if (result.ExitCode == 0)
            result.Probe["ls " + Canary].Should().Contain("null", "the link is read as if / were the container's root");
    }

    // --- X25, X13: files and directories that the runtime makes

    [Theory]
    [Trait("Row", "X25")]
    [InlineData("/etc/place")]
    [InlineData("/etc/dir/place")]
    public void X25_X13_TargetIsADanglingLinkOut_NothingIsMadeOnTheHost(string destination)
    {
        var container = NewContainer();
        string source = Path.Combine(Sandbox.Directory, "source"), first = Path.Combine(container.Rootfs, string.Join('/', destination.Split('/')[1..3]));
        File.WriteAllText(source, "content");
        File.CreateSymbolicLink(first, Path.Combine(Canary, "new"));
        var result = container.Mount(destination, source, "bind", "bind").Probe("read", destination).Run();
        Directory.GetFileSystemEntries(Canary).Should().BeEmpty();
        if (result.ExitCode == 0)
            result.Probe.Content(destination).Should().Be("content");
    }

    [Fact]
    [Trait("Row", "X13")]
    public void X13_MissingCwdBelowALinkOut_NothingIsMadeOnTheHost()
    {
        var container = NewContainer().Set("/root/readonly", false).Set("/process/cwd", "/way/out/deep").Probe("report");
        File.CreateSymbolicLink(Path.Combine(container.Rootfs, "way"), Canary);
        container.Run();
        Directory.GetFileSystemEntries(Canary).Should().BeEmpty();
    }

    // --- X28: the streams

    [Fact]
    [Trait("Row", "X28")]
    public void X28_StreamsAreTheHostsNull_ItKeepsItsOwner()
    {
        var container = NewContainer().Set("/process/user/uid", 1000).Probe("exit", "0");
        var before = Sandbox.Program("stat", "-c", "%u:%g %a %t:%T", "/dev/null").Run().Output;
        container.Verb("run", "--bundle", container.Bundle, container.Id).Redirect("0<>/dev/null 1<>/dev/null 2<>/dev/null").Run().ShouldExit(0);
        string after = Sandbox.Program("stat", "-c", "%u:%g %a %t:%T", "/dev/null").Run().Output;
        if (after != before)
            Sandbox.Program("chown", "0:0", "/dev/null").Run();
        after.Should().Be(before).And.EndWith("1:3\n");
    }

    [ClaimFact("X28: what is at /dev/null must be that device; runc 1.1 takes a file for it")]
    [Trait("Row", "X28")]
    public void X28_NullOfTheImageIsAFile_IsNotTakenForTheDevice()
    {
        var container = WithoutMounts(NewContainer(), "/dev").Set("/root/readonly", false).Remove("/linux/maskedPaths");
        string file = Path.Combine(container.Rootfs, "dev/null");
        File.Delete(file);
        File.WriteAllText(file, "image");
        var result = container.Probe("stat", "/dev/null").Run();
        if (result.ExitCode == 0)
            result.Probe["stat /dev/null"].Should().EndWith("1:3");
        else
            result.Error.Should().Contain("/dev/null");
    }

    // --- X34: the host's mounts

    [ClaimFact("X34: the host's propagation stays; runc before 1.5.3 changes that of \"/\"")]
    [Trait("Row", "X34")]
    public void X34_NoMountNamespace_PropagationOfTheHostsMountsStays()
    {
        // In a mount namespace of the test's own whose root is shared, as on most machines.
        var container = NewContainer().RemoveNamespace("mount").Set("/mounts", new JsonArray()).Remove("/linux/maskedPaths").Remove("/linux/readonlyPaths")
            .Set("/root/readonly", false).Probe("exit", "0");
        foreach (string propagation in new[] { "", "private", "slave" })
        {
            if (propagation.Length > 0)
                container.Set("/linux/rootfsPropagation", propagation);
            container.Verb("list");
            var result = Sandbox.Program("unshare", "--mount", "sh", "-c", "mount --make-rshared /; cat /proc/self/mountinfo; echo ===; \"$0\" \"$@\"; echo ===; cat /proc/self/mountinfo",
                RuntimeUnderTest.Path, "--root", container.StateRoot, "run", "--bundle", container.Bundle, container.Id).Run().ShouldExit(0);
            string[] parts = result.Output.Split("===");
            parts[2].Trim().Should().Be(parts[0].Trim());
        }
    }
}
