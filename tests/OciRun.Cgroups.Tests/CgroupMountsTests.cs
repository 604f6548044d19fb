using OciRun.Spec;

namespace OciRun.Cgroups.Tests;

public sealed class CgroupMountsTests
{
    private const string MountInfo = """
        36 30 0:33 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
        34 30 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
        39 30 0:36 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd
        """;

    private static readonly CgroupHost s_v2 = new(CgroupMode.V2, () => "", () => "");
    private static readonly CgroupHost s_hybrid = new(CgroupMode.Hybrid, () => MountInfo, () => "");

    private static string Text(CgroupMount mount) =>
        $"{mount.Kind} {mount.Target} {mount.Source} {mount.FileSystem} {mount.Data} {(mount.ReadOnly ? "ro" : "rw")}" + (mount.Fallback is null ? "" : " | " + Text(mount.Fallback));

    private static IEnumerable<string> Plan(CgroupHost host, bool cgroupNamespace, bool userNamespace, bool readOnly)
    {
        var own = new Dictionary<string, string>();
        foreach (var hierarchy in host.Hierarchies)
        {
            foreach (var controller in hierarchy.Controllers)
            {
                own[controller] = hierarchy.MountPoint + "/c";
            }
        }
        return CgroupMounts.Plan(host, own, cgroupNamespace, userNamespace, readOnly, null).Mounts.Select(Text);
    }

    [Fact]
    public void Plan_V2_MountsAnewAndFallsBackToABind()
    {
        Plan(s_v2, cgroupNamespace: true, userNamespace: false, readOnly: false).Should().Equal("Filesystem  cgroup cgroup2  rw | Bind  /sys/fs/cgroup/c   rw");
        Plan(s_v2, cgroupNamespace: false, userNamespace: false, readOnly: true).Should().Equal("Filesystem  cgroup cgroup2  ro | Bind  /sys/fs/cgroup/c   ro");
    }

    [Fact]
    public void Plan_V2WithoutNamespace_RepeatsTheHostsOptions()
    {
        const string Mounts = """
            28 23 0:22 / /sys/fs/cgroup rw,nosuid shared:8 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
            29 23 0:22 / /mnt rw - cgroup2 cgroup2 rw,other
            """;
        var host = new CgroupHost(CgroupMode.V2, () => Mounts, () => "");
        Plan(host, cgroupNamespace: false, userNamespace: false, readOnly: true).Should().Equal("Filesystem  cgroup cgroup2 nsdelegate,memory_recursiveprot ro | Bind  /sys/fs/cgroup/c   ro");
        Plan(host, cgroupNamespace: true, userNamespace: false, readOnly: true).Should().Equal("Filesystem  cgroup cgroup2  ro | Bind  /sys/fs/cgroup/c   ro");
    }

    [Fact]
    public void Plan_V2UserNamespaceWithoutCgroupNamespace_IsAReadOnlyBind() =>
        Plan(s_v2, cgroupNamespace: false, userNamespace: true, readOnly: false).Should().Equal("Bind  /sys/fs/cgroup/c   ro");

    [Fact]
    public void Plan_V2WithoutOwnCgroup_IsMasked() =>
        CgroupMounts.Plan(s_v2, new Dictionary<string, string>(), false, true, false, null).Mounts.Select(Text).Should().Equal("Filesystem  tmpfs tmpfs mode=755,size=0 ro");

    [Fact]
    public void Plan_V1WithoutNamespace_BindsEachHierarchy() =>
        Plan(s_hybrid, cgroupNamespace: false, userNamespace: false, readOnly: true).Should().Equal(
            "Filesystem  tmpfs tmpfs mode=755 rw",
            "Bind memory /sys/fs/cgroup/memory/c   ro",
            "Bind cpu,cpuacct /sys/fs/cgroup/cpu,cpuacct/c   ro",
            "Bind systemd /sys/fs/cgroup/systemd/c   ro",
            "Symlink cpu cpu,cpuacct   rw",
            "Symlink cpuacct cpu,cpuacct   rw");

    [Fact]
    public void Plan_V1WithNamespace_MountsEachHierarchy() =>
        Plan(s_hybrid, cgroupNamespace: true, userNamespace: false, readOnly: false).Should().Equal(
            "Filesystem  tmpfs tmpfs mode=755 rw",
            "Filesystem memory cgroup cgroup memory rw",
            "Filesystem cpu,cpuacct cgroup cgroup cpu,cpuacct rw",
            "Filesystem systemd systemd cgroup name=systemd rw",
            "Symlink cpu cpu,cpuacct   rw",
            "Symlink cpuacct cpu,cpuacct   rw");

    [Theory]
    [InlineData("cgroup", null, "/sys/fs/cgroup", "cgroup", "cgroup", "rw", true)]
    [InlineData("cgroup", null, "/sys/fs/cgroup/", "cgroup", "cgroup", "nosuid", true)]
    [InlineData("cgroup", null, "/sys/fs/cgroup", "cgroup", "cgroup", "ro", false)]
    [InlineData("cgroup", null, "/sys/fs/cgroup", "cgroup2", "cgroup", "rw", false)]
    [InlineData("cgroup", null, "/sys/fs/cgroup", "cgroup", "cgroup2", "rw", false)]
    [InlineData("cgroup", "/proc/1/ns/cgroup", "/sys/fs/cgroup", "cgroup", "cgroup", "rw", false)]
    [InlineData("pid", null, "/sys/fs/cgroup", "cgroup", "cgroup", "rw", false)]
    [InlineData("cgroup", null, "/elsewhere", "cgroup", "cgroup", "rw", false)]
    public void ShouldDelegate_OnlyInTheCaseOfTheSpecification(string space, string? path, string destination, string source, string type, string option, bool expected)
    {
        var config = new RuntimeConfig
        {
            Mounts = [new Mount { Destination = destination, Source = source, Type = type, Options = [option] }],
            Linux = new LinuxSection { Namespaces = [new LinuxNamespace { Type = space, Path = path }] },
        };
        CgroupMounts.ShouldDelegate(s_v2, config).Should().Be(expected);
        CgroupMounts.ShouldDelegate(s_hybrid, config).Should().BeFalse();
    }
}
