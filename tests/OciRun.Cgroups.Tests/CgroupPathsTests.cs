namespace OciRun.Cgroups.Tests;

public sealed class CgroupPathsTests
{
    private const string MountInfo = """
        22 1 254:0 / / rw - ext4 /dev/root rw
        30 22 0:27 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
        36 30 0:33 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
        34 30 0:31 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
        35 30 0:32 /docker/abc /sys/fs/cgroup/devices rw,relatime - cgroup cgroup rw,devices
        39 30 0:36 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
        41 30 0:38 / /sys/fs/cgroup/openrc rw,relatime - cgroup cgroup rw,name=openrc
        40 30 0:37 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
        90 22 0:31 / /mnt/other\040place rw - cgroup cgroup rw,memory
        """;

    private const string OwnCgroups = """
        5:name=systemd:/user.slice/a:b
        4:devices:/docker/abc/inner
        3:memory:/process_api/x
        1:cpu,cpuacct:/
        0::/user.slice/session.scope
        """;

    private static CgroupHost Host(CgroupMode mode, string? own = null) => new(mode, () => MountInfo, () => own ?? OwnCgroups);

    [Fact]
    public void Hierarchies_Hybrid_AreInOrderWithUnifiedLast()
    {
        var hierarchies = Host(CgroupMode.Hybrid).Hierarchies;
        hierarchies.Select(one => one.MountPoint + " " + one.Root + " " + string.Join(',', one.Controllers)).Should().Equal(
            "/sys/fs/cgroup/devices /docker/abc devices",
            "/sys/fs/cgroup/memory / memory",
            "/sys/fs/cgroup/cpu,cpuacct / cpu,cpuacct",
            "/sys/fs/cgroup/systemd / name=systemd",
            "/sys/fs/cgroup/unified / ");
    }

    [Fact]
    public void Hierarchies_V2_ReadNothing() =>
        new CgroupHost(CgroupMode.V2, () => throw new InvalidOperationException(), () => throw new InvalidOperationException()).Hierarchies.Should().ContainSingle();

    [Fact]
    public void Plan_V2Absolute_IsBelowTheMountAndReadsNothing()
    {
        var host = new CgroupHost(CgroupMode.V2, () => throw new InvalidOperationException(), () => throw new InvalidOperationException());
        using var cgroup = Cgroup.Plan(host, "/a//b/./c/", "id", rootless: false);
        cgroup.Paths.Should().Equal(new Dictionary<string, string> { [""] = "/sys/fs/cgroup/a/b/c" });
    }

    [Theory]
    [InlineData(null, "/sys/fs/cgroup/user.slice/id")]
    [InlineData("", "/sys/fs/cgroup/user.slice/id")]
    [InlineData("x/y", "/sys/fs/cgroup/user.slice/x/y")]
    public void Plan_V2Relative_IsBesideTheCaller(string? path, string expected)
    {
        using var cgroup = Cgroup.Plan(Host(CgroupMode.V2), path, "id", rootless: false);
        cgroup.Paths[""].Should().Be(expected);
    }

    [Theory]
    [InlineData("0::/\n")]
    [InlineData("0::/top\n")]
    [InlineData("0::/../other\n")]
    public void Plan_V2RelativeNearTheRoot_StaysInside(string own)
    {
        using var cgroup = Cgroup.Plan(Host(CgroupMode.V2, own), null, "id", rootless: false);
        cgroup.Paths[""].Should().Be("/sys/fs/cgroup/id");
    }

    [Fact]
    public void Plan_HybridRelative_IsBelowTheCallerInEachHierarchy()
    {
        using var cgroup = Cgroup.Plan(Host(CgroupMode.Hybrid), null, "id", rootless: false);
        cgroup.Paths.Should().BeEquivalentTo(new Dictionary<string, string>
        {
            ["devices"] = "/sys/fs/cgroup/devices/inner/id",
            ["memory"] = "/sys/fs/cgroup/memory/process_api/x/id",
            ["cpu"] = "/sys/fs/cgroup/cpu,cpuacct/id",
            ["cpuacct"] = "/sys/fs/cgroup/cpu,cpuacct/id",
            ["name=systemd"] = "/sys/fs/cgroup/systemd/user.slice/a:b/id",
            [""] = "/sys/fs/cgroup/unified/user.slice/session.scope/id",
        });
        cgroup.Mode.Should().Be(CgroupMode.Hybrid);
    }

    [Fact]
    public void Plan_V1Absolute_IsBelowTheMount()
    {
        using var cgroup = Cgroup.Plan(Host(CgroupMode.V1), "/pod/c", "id", rootless: false);
        cgroup.Paths["memory"].Should().Be("/sys/fs/cgroup/memory/pod/c");
        cgroup.Paths.Should().NotContainKey("");
        cgroup.Mode.Should().Be(CgroupMode.V1);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("//")]
    [InlineData("./")]
    [InlineData("../x")]
    [InlineData("/a/../../b")]
    [InlineData("/a/..")]
    [InlineData("/a\n")]
    [InlineData("/a\0b")]
    public void Plan_BadPath_ThrowsWithPlace(string path)
    {
        var act = () => Cgroup.Plan(Host(CgroupMode.V2), path, "id", rootless: false);
        act.Should().Throw<CgroupException>().Which.Place.Should().Be("/linux/cgroupsPath");
    }

    [Fact]
    public void FromPaths_Recorded_ChoosesTheVersion()
    {
        using var v2 = Cgroup.FromPaths(new Dictionary<string, string> { [""] = "/sys/fs/cgroup/x" }, null);
        using var v1 = Cgroup.FromPaths(new Dictionary<string, string> { ["cpu"] = "/a", ["cpuacct"] = "/a", [""] = "/b" }, null);
        v2.Mode.Should().Be(CgroupMode.V2);
        v1.Mode.Should().Be(CgroupMode.Hybrid);
        v1.Created.Should().Equal("/a", "/b");
    }

    private static readonly Dictionary<string, string> s_v1 = new() { ["cpu"] = "/sys/fs/cgroup/cpu/a", ["cpuacct"] = "/sys/fs/cgroup/cpu/a", ["memory"] = "/sys/fs/cgroup/memory/a" };

    [Theory]
    [InlineData("x", "/x")]
    [InlineData("x/y", "/x/y")]
    [InlineData("/x/", "/x")]
    [InlineData("./x//.", "/x")]
    [InlineData("/", "")]
    [InlineData("", "")]
    public void Below_Path_IsThatOfEveryController(string argument, string expected)
    {
        using var cgroup = Cgroup.Below(s_v1, [argument]);
        cgroup.Paths.Should().Equal(s_v1.ToDictionary(pair => pair.Key, pair => pair.Value + expected));
        cgroup.Created.Should().BeEmpty("nothing of it is ours to remove");
    }

    // runc 1.5.2 compared beginnings: from /a the path ../ab begins with /a.
    [Theory]
    [InlineData("..")]
    [InlineData("../ab")]
    [InlineData("x/../../ab")]
    [InlineData("/../a")]
    [InlineData("cpu:../ab")]
    [InlineData("x\ny")]
    [InlineData("nosuch:x")]
    [InlineData(":x")]
    [InlineData("cpu,:x")]
    [InlineData("cpu,cpu:x")]
    public void Below_PathThatLeadsOut_IsRefused(string argument)
    {
        var act = () => Cgroup.Below(s_v1, [argument]);
        act.Should().Throw<CgroupException>();
    }

    [Fact]
    public void Below_Controllers_ChangeThoseAlone()
    {
        using var cgroup = Cgroup.Below(s_v1, ["cpu,cpuacct:x", "memory:y/z"]);
        cgroup.Paths.Should().Equal(new Dictionary<string, string> { ["cpu"] = "/sys/fs/cgroup/cpu/a/x", ["cpuacct"] = "/sys/fs/cgroup/cpu/a/x", ["memory"] = "/sys/fs/cgroup/memory/a/y/z" });
    }

    [Fact]
    public void Below_SeveralPathsWithoutControllers_IsRefused()
    {
        var act = () => Cgroup.Below(s_v1, ["x", "cpu:y"]);
        act.Should().Throw<CgroupException>().WithMessage("*missing <controller>: prefix*");
    }

    [Fact]
    public void Below_NoCgroup_IsRefused()
    {
        var act = () => Cgroup.Below(new Dictionary<string, string>(), ["x"]);
        act.Should().Throw<CgroupException>();
    }
}
