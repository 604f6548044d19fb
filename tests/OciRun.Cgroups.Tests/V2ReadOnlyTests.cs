using OciRun.Linux;
using OciRun.Spec;

namespace OciRun.Cgroups.Tests;

/// <summary>On a unified hierarchy that may not be written, as an unprivileged user finds it: in the mount namespace that <see cref="PrivateV2Tests"/> makes.</summary>
public sealed class V2ReadOnlyTests
{
    public V2ReadOnlyTests()
    {
        TestCgroup.Need(v2: true);
        const string Probe = CgroupHost.MountPoint + "/ocirun-test-probe";
        var errno = CgroupFiles.TryMakeDirectory(SafeFd.CurrentDirectory, Probe);
        _ = CgroupFiles.TryRemoveDirectory(SafeFd.CurrentDirectory, Probe);
        Assert.SkipUnless(errno == Errno.EROFS, "the hierarchy can be written here");
    }

    [Fact]
    public void Create_RootlessWithoutPath_GoesWithoutCgroup()
    {
        using var cgroup = Cgroup.Plan(CgroupHost.Detect(), null, "ocirun-test-ro", rootless: true);
        cgroup.Create(null);
        cgroup.Paths.Should().BeEmpty();
        cgroup.Open().Should().BeNull();
        cgroup.AddProcess(Environment.ProcessId);
        cgroup.SetDevices([], unprivileged: true);
        cgroup.ApplyLimits(new Resources()).Should().BeEmpty();
        cgroup.Pids(recursive: true).Should().BeEmpty();
        cgroup.IsFrozen.Should().BeFalse();
        cgroup.KillAll();
        cgroup.Delete(TimeSpan.Zero);
    }

    [Fact]
    public void ApplyLimits_RootlessWithoutCgroup_SaysWhy()
    {
        using var cgroup = Cgroup.Plan(CgroupHost.Detect(), null, "ocirun-test-ro", rootless: true);
        cgroup.Create(null);
        var act = () => cgroup.ApplyLimits(new Resources { Pids = new PidsResources { Limit = 5 } });
        var error = act.Should().Throw<CgroupException>().Which;
        error.Message.Should().Contain("mkdir(\"/sys/fs/cgroup/ocirun-test-ro\"): ").And.Contain("EROFS");
        error.Place.Should().Be("/linux/resources/pids/limit");
    }

    [Theory]
    [InlineData("/ocirun-test-ro/x", true)]
    [InlineData(null, false)]
    public void Create_PathAskedForOrPrivileged_Throws(string? path, bool rootless)
    {
        using var cgroup = Cgroup.Plan(CgroupHost.Detect(), path, "ocirun-test-ro", rootless);
        var act = () => cgroup.Create(null);
        act.Should().Throw<CgroupException>().Which.Errno.Should().Be(Errno.EROFS);
    }
}
