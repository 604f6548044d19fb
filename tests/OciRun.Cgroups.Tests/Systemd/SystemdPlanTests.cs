using OciRun.Cgroups.Systemd;

namespace OciRun.Cgroups.Tests.Systemd;

public sealed class SystemdPlanTests
{
    private const string MountInfo = """
        34 30 0:31 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
        39 30 0:36 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
        """;

    private static CgroupHost Host(CgroupMode mode) => new(mode, () => MountInfo, () => throw new InvalidOperationException());

    private static SystemdRequest Request(string? subgroup = null, bool user = false) =>
        new("c1", "no-such.slice:test:c1", null, subgroup is null ? null : new Dictionary<string, string> { ["run.oci.systemd.subgroup"] = subgroup }, user);

    [Fact]
    public void Plan_V2_IsTheScopeAndAsksNobody()
    {
        using var cgroup = Cgroup.Plan(Host(CgroupMode.V2), Request());
        cgroup.Paths.Should().Equal(new Dictionary<string, string> { [""] = "/sys/fs/cgroup/no.slice/no-such.slice/test-c1.scope" });
        cgroup.UnitName.Should().Be("test-c1.scope");
        cgroup.Open().Should().BeNull("there is nothing yet");
        cgroup.MissingDirectories().Should().Equal("/sys/fs/cgroup/no.slice/no-such.slice/test-c1.scope");
        cgroup.Delete(TimeSpan.Zero).Should().BeNull("nothing was made, so nothing is stopped");
    }

    [Fact]
    public void Plan_V1_IsTheScopeInEachHierarchy()
    {
        using var cgroup = Cgroup.Plan(Host(CgroupMode.V1), Request());
        cgroup.Paths.Values.Should().Equal("/sys/fs/cgroup/memory/no.slice/no-such.slice/test-c1.scope", "/sys/fs/cgroup/systemd/no.slice/no-such.slice/test-c1.scope");
    }

    [Fact]
    public void Plan_Subgroup_IsBelowTheScope()
    {
        using var cgroup = Cgroup.Plan(Host(CgroupMode.V2), Request("container"));
        cgroup.Paths[""].Should().EndWith("/test-c1.scope/container");
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a\nb")]
    public void Plan_SubgroupThatLeadsOut_IsRefused(string subgroup)
    {
        var act = () => Cgroup.Plan(Host(CgroupMode.V2), Request(subgroup));
        act.Should().Throw<CgroupException>().Which.Place.Should().Be("/annotations/run.oci.systemd.subgroup");
    }

    [Fact]
    public void Plan_UserOnV1_IsRefused()
    {
        var act = () => Cgroup.Plan(Host(CgroupMode.V1), Request(user: true));
        act.Should().Throw<CgroupException>().WithMessage("*cgroups of v1*");
    }

    [Fact]
    public void FromPaths_Unit_IsRemembered()
    {
        using var cgroup = Cgroup.FromPaths(new Dictionary<string, string> { [""] = "/sys/fs/cgroup/x.scope" }, [], "x.scope");
        cgroup.UnitName.Should().Be("x.scope");
    }
}
