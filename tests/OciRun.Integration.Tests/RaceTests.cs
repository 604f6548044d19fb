using System.Diagnostics;

namespace OciRun.Integration;

/// <summary>
/// A neighbour who shares a volume exchanges a directory and a link that leads out as fast as it can, while containers are made (CVE-2021-30465 and its class). Each
/// race has a few seconds; that it was one is checked: both outcomes must have been seen where both are possible.
/// </summary>
public sealed class RaceTests : IntegrationTest
{
    private const double Seconds = 3;
    private string _canary = "";
    private string _volume = "";

    private static string Probe => Path.Combine(Assets.Rootfs, "bin/probe");

    private void MakeVolume()
    {
        _canary = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "canary")).FullName;
        _volume = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "volume")).FullName;
    }

    private RunningCommand Flip(string a, string b)
    {
        var flip = Sandbox.Program(Probe, "flip", "60", Path.Combine(_volume, a), Path.Combine(_volume, b)).Start();
        Wait.Until(() => flip.Output.Contains("ready", StringComparison.Ordinal), "the exchange goes on");
        return flip;
    }

    /// <summary>Runs the container again and again while the names are exchanged.</summary>
    private static (int Good, int Refused) Race(Container container, RunningCommand flip, Action<CommandResult> check, params string[] wrapper)
    {
        int good = 0, refused = 0;
        container.Verb("list");
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed.TotalSeconds < Seconds || good + refused < 5)
        {
            var result = container.Wrapped(wrapper, "run", "--bundle", container.Bundle, container.Id).Run();
            flip.HasExited.Should().BeFalse("the exchange must go on: {0}", flip.Output);
            if (result.ExitCode == 0)
            {
                good++;
                check(result);
            }
            else
            {
                refused++;
                result.ExitCode.Should().Be(1, "{0}", result.Error);
            }
        }
        TestContext.Current.SendDiagnosticMessage($"{container.Id}: {good} good, {refused} refused in {clock.Elapsed.TotalSeconds:0.0} s");
        return (good, refused);
    }

    private void NothingOutside(params string[] expected) =>
        Directory.GetFileSystemEntries(_canary).Select(Path.GetFileName).Should().BeEquivalentTo(expected, "nothing of the host may be changed");

    private Container VolumeContainer(string target)
    {
        MakeVolume();
        Directory.CreateDirectory(Path.Combine(_volume, "dir"));
        // In the container's root the link leads to a directory of the image with the same path as the canary.
        var container = NewContainer();
        Directory.CreateDirectory(container.Rootfs + _canary);
        File.CreateSymbolicLink(Path.Combine(_volume, "link"), target.Length > 0 ? target : _canary);
        return container.Mount("/vol", _volume, "bind", "bind", "rw");
    }

    [Theory]
    [Trait("Row", "X5")]
    [InlineData("absolute", "")]
    [InlineData("upwards", "")]
    [InlineData("absolute", "openat2 refused")]
    public void X5_X13_X23_X50_MountBelowASwappedDirectory_StaysInside(string kind, string how)
    {
        Assert.SkipWhen(how.Length > 0 && !RuntimeUnderTest.IsOurs, "runc has another fallback");
        var container = VolumeContainer("");
        if (kind == "upwards")
        {
            File.Delete(Path.Combine(_volume, "link"));
            File.CreateSymbolicLink(Path.Combine(_volume, "link"), string.Concat(Enumerable.Repeat("../", 20)) + _canary.TrimStart('/'));
        }
        container.Mount("/vol/dir/inner", "marker", "tmpfs").Probe("read", "/proc/self/mountinfo");
        int inVolume = 0, elsewhere = 0;
        using var flip = Flip("dir", "link");
        string[] wrapper = how.Length > 0 ? [Probe, "without", "437", "38"] : [];
        Race(container, flip, result =>
        {
            string line = result.Probe.Content("/proc/self/mountinfo").Split('\n').Should().ContainSingle(l => l.Contains(" marker ", StringComparison.Ordinal)).Which;
            string target = MountInfo.Parse(line).Target;
            target.Should().EndWith("/inner").And.Match(t => t.StartsWith("/vol/", StringComparison.Ordinal) || t.StartsWith(_canary, StringComparison.Ordinal));
            if (target.StartsWith("/vol/", StringComparison.Ordinal))
                inVolume++;
            else
                elsewhere++;
        }, wrapper);
        // runc before 1.2 makes the missing directory on the host (CVE-2024-45310), but does not mount there.
        if (RuntimeUnderTest.IsOurs)
            NothingOutside();
        if (RuntimeUnderTest.IsOurs)
            (inVolume > 0 || elsewhere > 0).Should().BeTrue("at least one create won");
    }

    [Fact]
    [Trait("Row", "X5")]
    public void X5_BindOfAFileBelowASwappedDirectory_StaysInside()
    {
        var container = VolumeContainer("");
        string source = Path.Combine(Sandbox.Directory, "source"), victim = Path.Combine(_canary, "file");
        File.WriteAllText(source, "marker");
        File.WriteAllText(victim, "host");
        container.Mount("/vol/dir/file", source, "bind", "bind").Probe("read", "/proc/self/mountinfo");
        using var flip = Flip("dir", "link");
        Race(container, flip, result => result.Probe.Content("/proc/self/mountinfo").Should().Contain("/file "));
        NothingOutside("file");
        File.ReadAllText(victim).Should().Be("host");
    }

    [Fact]
    [Trait("Row", "X13")]
    public void X13_WorkingDirectoryBelowASwappedDirectory_IsMadeInside()
    {
        var container = VolumeContainer("").Set("/root/readonly", false).Set("/process/cwd", "/vol/dir/a/b").Probe("report");
        using var flip = Flip("dir", "link");
        Race(container, flip, result => result.Probe.Report.Text("cwd").Should().EndWith("/a/b"));
        NothingOutside();
    }

    [Fact]
    [Trait("Row", "X10")]
    public void X10_ProcIsSwappedWithALink_ProcIsProcOrCreateFails()
    {
        var container = NewContainer();
        // The image is the volume: its proc and a link to another directory of it change places.
        (_volume, _canary) = (container.Rootfs, Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "canary")).FullName);
        Directory.CreateDirectory(Path.Combine(_volume, "vol"));
        File.CreateSymbolicLink(Path.Combine(_volume, "proclink"), "vol");
        container.Probe("statfs", "/proc", "+", "read", "/proc/self/mountinfo", "+", "stat", "/proc/keys");
        using var flip = Flip("proc", "proclink");
        Race(container, flip, result =>
        {
            // /proc may be the link by now: what counts is that procfs was mounted on a plain directory called proc, or its other name since.
            string mounts = File.ReadAllText("/proc/self/mountinfo");
            mounts.Should().NotContain(container.Rootfs);
            result.Output.Should().NotContain("/vol proc ");
        });
        NothingOutside();
    }

    [ClaimFact("X14, CVE-2025-31133: masks do not come from the container's /dev/null; runc since 1.2.8")]
    [Trait("Row", "X14")]
    public void X14_NullIsSwappedWithALink_MasksHold()
    {
        MakeVolume();
        var container = NewContainer().WriteFile("/secret", "the secret").Add("/linux/maskedPaths", "/secret");
        var mounts = container.Config["mounts"]!.AsArray();
        foreach (var mount in mounts.ToArray().Where(m => ((string)m!["destination"]!).StartsWith("/dev", StringComparison.Ordinal)))
            mounts.Remove(mount);
        Sandbox.Program("mknod", "-m", "666", Path.Combine(_volume, "null"), "c", "1", "3").Run().ShouldExit(0);
        File.CreateSymbolicLink(Path.Combine(_volume, "link"), "/secret");
        container.Mount("/dev", _volume, "bind", "bind").Probe("read", "/secret", "+", "stat", "/proc/keys", "+", "open", "/proc/sys/kernel/domainname", "w");
        using var flip = Flip("null", "link");
        var (good, _) = Race(container, flip, result =>
        {
            result.Probe.Content("/secret").Should().BeEmpty();
            result.Probe["stat /proc/keys"].Should().EndWith("1:3");
            result.Probe["open /proc/sys/kernel/domainname"].Should().Be("EROFS");
        });
        good.Should().BePositive();
    }

    [Fact]
    [Trait("Row", "X15")]
    public void X15_ConsoleIsSwappedWithALink_RefusedOrARealTerminal()
    {
        MakeVolume();
        var container = NewContainer().Set("/process/terminal", true).Probe("sleep", "30");
        var mounts = container.Config["mounts"]!.AsArray();
        foreach (var mount in mounts.ToArray().Where(m => ((string)m!["destination"]!).StartsWith("/dev", StringComparison.Ordinal)))
            mounts.Remove(mount);
        Directory.CreateDirectory(Path.Combine(_volume, "pts"));
        File.WriteAllText(Path.Combine(_volume, "console"), "");
        File.CreateSymbolicLink(Path.Combine(_volume, "link"), "/proc/sys/kernel/domainname");
        container.Mount("/dev", _volume, "bind", "bind").Mount("/dev/pts", "devpts", "devpts", "newinstance", "ptmxmode=0666", "mode=0620");
        using var flip = Flip("console", "link");
        var clock = Stopwatch.StartNew();
        for (int i = 0; clock.Elapsed.TotalSeconds < Seconds || i < 5; i++)
        {
            using var socket = new ConsoleSocket(Path.Combine(Sandbox.Directory, $"tty{i}.sock"));
            if (container.TryCreate("--console-socket", socket.Path).ExitCode != 0)
                continue;
            using (socket.Receive())
            {
                string mount = container.Proc("mountinfo").Split('\n').Should().ContainSingle(l => l.Contains(" - devpts ", StringComparison.Ordinal) && !l.Contains(" /dev/pts ", StringComparison.Ordinal)).Which;
                MountInfo.Parse(mount).Target.Should().BeOneOf("/dev/console", "/dev/link");
                container.TryDelete("--force").ShouldExit(0);
            }
        }
    }
}
