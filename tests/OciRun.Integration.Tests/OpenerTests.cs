namespace OciRun.Integration;

/// <summary>
/// Who opens a mount source decides what the container's root may do with it, in a user namespace: the table of the design, seen from inside. And the stage where the
/// machine is unusual: no root in the user namespace, no executable memory files, very little memory.
/// </summary>
public sealed class OpenerTests : IntegrationTest
{
    private const string RemountBind = "0x1020", Shared = "0x100000"; // MS_REMOUNT|MS_BIND, MS_SHARED

    private string Volume => Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "vol")).FullName;

    private Container RootOfAUserNamespace()
    {
        var container = NewContainer().UserNamespace().Set("/process/noNewPrivileges", false);
        foreach (string set in new[] { "bounding", "effective", "permitted" })
            container.Capabilities(set, "CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE", "CAP_CHOWN");
        return container;
    }

    /// <summary>Runs it where the volume is a shared mount, read-only, with something below a submount; then says what the host has mounted there.</summary>
    private CommandResult RunBesideMounts(Container container)
    {
        Directory.CreateDirectory(Path.Combine(Volume, "sub"));
        Directory.CreateDirectory(Path.Combine(Volume, "place"));
        container.Verb("list");
        string script = $"""
            mount -t tmpfs -o mode=777 vol '{Volume}'
            mount --make-shared '{Volume}'
            mkdir '{Volume}/sub' '{Volume}/place'; chmod 777 '{Volume}/place'; echo secret > '{Volume}/sub/hidden'
            mount -t tmpfs cover '{Volume}/sub'
            mount -o remount,bind,ro,nosuid '{Volume}'
            "$0" "$@"
            echo "=== host"; grep '{Volume}' /proc/self/mountinfo
            """;
        return Sandbox.Program("unshare", "--mount", "--propagation", "private", "sh", "-ec", script, RuntimeUnderTest.Path, "--root", container.StateRoot,
            "run", "--bundle", container.Bundle, container.Id).Run().ShouldExit(0);
    }

    [ClaimFact("STAGE: only the init listens for start: a helper that ends later would make a running container look created; runc 1.1 has a fifo")]
    public void Opener_Present_DoesNotHoldTheStartSocket()
    {
        // The hook's parent is the runtime, whose children are the init, the opener and the hook.
        string log = Path.Combine(Sandbox.Directory, "listeners");
        string script = $$"""
            listeners=$(awk '$4 == "00010000" && $5 == "0005" { print "socket:[" $7 "]" }' /proc/net/unix)
            for status in $(grep -ls "^PPid:[[:space:]]*$PPID$" /proc/[0-9]*/status); do
                pid=${status#/proc/}; pid=${pid%/status}
                echo "child $pid"
                ! ls -l /proc/$pid/fd | grep -qF "$listeners" || echo "listener $pid"
            done > '{{log}}'
            """;
        var hook = new JsonObject { ["path"] = "/bin/sh", ["args"] = new JsonArray("sh", "-c", script) };
        var container = NewContainer().UserNamespace().Add("/hooks/createRuntime", hook).Probe("sleep", "60").Create();
        string[] lines = File.ReadAllLines(log);
        lines.Count(l => l.StartsWith("child", StringComparison.Ordinal)).Should().BeGreaterThanOrEqualTo(3, "the init, the opener, the hook");
        lines.Where(l => l.StartsWith("listener", StringComparison.Ordinal)).Should().Equal("listener " + container.Pid);
    }

    [ClaimFact("STAGE: mount sources are opened by a helper in the container's mount namespace; what runc 1.1 binds, the container's root can make writable")]
    [Trait("Row", "X53")]
    public void UserNamespace_RootOfIt_CannotUndoWhatTheHostHasSet()
    {
        var container = RootOfAUserNamespace().Mount("/tmp", Volume, "bind", "rbind", "rslave").Probe(
            "mount", "/tmp", "-", "-", RemountBind, "+", "write", "/tmp/file", "+", "umount", "/tmp/sub", "+", "open", "/tmp/sub/hidden", "+", "ls", "/tmp");
        var answers = RunBesideMounts(container).Probe;
        answers["ls /tmp"].Should().Be("place sub");
        answers["mount /tmp"].Should().Be("EPERM", "ro and nosuid of the source are locked");
        answers["write /tmp/file"].Should().Be("EROFS");
        answers["umount /tmp/sub"].Should().Be("EINVAL", "a submount is locked to what it covers");
        answers["open /tmp/sub/hidden"].Should().Be("ENOENT");
    }

    [Fact]
    [Trait("Row", "X53")]
    public void UserNamespace_MountsOfItsRoot_DoNotAppearOnTheHost()
    {
        // Even where the container makes the mount shared again.
        var container = RootOfAUserNamespace().Mount("/tmp", Volume, "bind", "rbind", "rslave").Probe(
            "mount", "/tmp", "-", "-", Shared, "+", "mount", "/tmp/place", "inner", "tmpfs", "+", "read", "/proc/self/mountinfo");
        var result = RunBesideMounts(container);
        result.Probe["mount /tmp/place"].Should().Be("ok", "the test must have made one");
        result.Probe.Content("/proc/self/mountinfo").Should().Contain(" inner ");
        result.Output.Split("=== host")[1].Should().Contain("cover").And.NotContain("inner");
    }

    [Fact]
    [Trait("Row", "X53")]
    public void UserNamespace_HostsSysfs_IsReadOnlyWithAllBelow()
    {
        // Without a network namespace of its own the kernel gives no new sysfs: it is the host's, with cgroups and all.
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "runc 1.1 fails to mount sysfs then; engines bind it themselves");
        var container = RootOfAUserNamespace().RemoveNamespace("network");
        var mounts = container.Config["mounts"]!.AsArray();
        mounts.Remove(mounts.Single(m => (string)m!["destination"]! == "/sys/fs/cgroup"));
        var answers = container.RunProbe("report", "+", "mkdir", "/sys/fs/cgroup/pids/new", "+", "mkdir", "/sys/fs/cgroup/new", "+", "mount", "/sys", "-", "-", RemountBind);
        answers.Report.Mounts.Where(m => m.Target == "/sys" || m.Target.StartsWith("/sys/", StringComparison.Ordinal)).Should().NotBeEmpty().And.OnlyContain(m => m.Options.Contains("ro"));
        answers["mkdir /sys/fs/cgroup/new"].Should().BeOneOf("EROFS", "EACCES", "EPERM");
        answers["mkdir /sys/fs/cgroup/pids/new"].Should().BeOneOf("EROFS", "EACCES", "EPERM", "ENOENT");
    }

    [ClaimFact("U25: a user namespace that does not map root; runc insists on it")]
    public void UserNamespace_RootIsNotMapped_ProgramRuns()
    {
        var container = NewContainer().Add("/linux/namespaces", new JsonObject { ["type"] = "user" }).Set("/process/user", new JsonObject { ["uid"] = 1000, ["gid"] = 1000 });
        foreach (string kind in new[] { "uidMappings", "gidMappings" })
            container.Add("/linux/" + kind, new JsonObject { ["containerID"] = 1000, ["hostID"] = 101000, ["size"] = 1 });
        var mounts = container.Config["mounts"]!.AsArray();
        ((JsonObject)mounts.Single(m => (string)m!["destination"]! == "/dev/pts")!)["options"] = new JsonArray("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620");
        var report = container.Report();
        report.Id("uid").Should().Be(1000);
        report.List("uidMap").Should().ContainSingle();
        report.Status("CapEff").Should().Be("0000000000000000");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void MemfdNoexec_AnyValue_ProgramRuns(int value)
    {
        // The parameter belongs to the pid namespace (6.3): that of a new one is changed, and the machine's is looked at afterwards.
        const string Parameter = "/proc/sys/vm/memfd_noexec";
        Assert.SkipUnless(File.Exists(Parameter), "this kernel has no vm.memfd_noexec");
        Assert.SkipWhen(!RuntimeUnderTest.IsOurs && value == 2, "runc 1.1 has no fallback");
        string before = File.ReadAllText(Parameter);
        var version = Environment.OSVersion.Version;
        Assert.SkipUnless(version >= new Version(6, 6), "before 6.6 the parameter may reach the parents of a pid namespace");
        var container = NewContainer().Probe("report");
        container.Verb("list");
        var result = Sandbox.Program("unshare", "--pid", "--fork", "--mount-proc", "sh", "-ec", $"echo {value} > {Parameter}; exec \"$0\" \"$@\"",
            RuntimeUnderTest.Path, "--root", container.StateRoot, "run", "--bundle", container.Bundle, container.Id).Run();
        File.ReadAllText(Parameter).Should().Be(before, "the machine's own is not ours to change");
        result.ShouldExit(0).Probe.Report.Process("pid").Should().Be(1);
    }

    [ClaimFact("C111: 1 MiB is enough for the stage; runc 1.1 needs about 8")]
    [Trait("Row", "X2")]
    public void MemoryLimit_OneMebibyte_SmallProgramRuns()
    {
        Assert.SkipUnless(CgroupView.Has("memory"), "this machine has no memory controller for us");
        var container = NewContainer().Set("/linux/resources/memory", new JsonObject { ["limit"] = 1 << 20 }).Args("/bin/tiny");
        for (int i = 0; i < 5; i++)
            container.Run().ShouldExit(0);
    }
}
