using OciRun.Cgroups.Systemd;

namespace OciRun.Cgroups.Tests.Systemd;

public sealed class UnitNameTests
{
    [Theory]
    [InlineData("system.slice:docker:1234", false, "docker-1234.scope", "system.slice", "/system.slice/docker-1234.scope")]
    [InlineData("kube-pod1_x.slice:cri:abc", false, "cri-abc.scope", "kube-pod1_x.slice", "/kube.slice/kube-pod1_x.slice/cri-abc.scope")]
    [InlineData(null, false, "ocirun-c1.scope", "system.slice", "/system.slice/ocirun-c1.scope")]
    [InlineData("", true, "ocirun-c1.scope", "user.slice", "/user.slice/ocirun-c1.scope")]
    [InlineData("::z", false, "-z.scope", "system.slice", "/system.slice/-z.scope")]
    [InlineData("-.slice:p:z", false, "p-z.scope", "-.slice", "/p-z.scope")]
    [InlineData("a.slice:p:..", false, "p-...scope", "a.slice", "/a.slice/p-...scope")]
    [InlineData("a.slice:_p:z", false, "_p-z.scope", "a.slice", "/a.slice/__p-z.scope")]
    public void From_CgroupsPath_NamesUnitAndPlace(string? cgroupsPath, bool user, string unit, string slice, string path) =>
        UnitName.From(cgroupsPath, "c1", user).Should().Be(new UnitName(unit, slice, path));

    [Theory]
    [InlineData("/a/b")]
    [InlineData("a.slice:b")]
    [InlineData("a.slice:b:c:d")]
    [InlineData("-:p:z")]
    [InlineData("foo:p:z")]
    [InlineData("a--b.slice:p:z")]
    [InlineData("-a.slice:p:z")]
    [InlineData("a-.slice:p:z")]
    [InlineData(".slice:p:z")]
    [InlineData("a.slice/b.slice:p:z")]
    [InlineData("a.slice:p:z/y")]
    [InlineData("a.slice:p: z")]
    [InlineData("a.slice:p:")]
    [InlineData("a.slice:p:pod2.slice")]
    public void From_NoSuchName_IsAnErrorWithItsPlace(string cgroupsPath)
    {
        var act = () => UnitName.From(cgroupsPath, "c1", user: false);
        act.Should().Throw<CgroupException>().Which.Place.Should().Be("/linux/cgroupsPath");
    }

    [Theory]
    [InlineData("-.slice", "")]
    [InlineData("a.slice", "/a.slice")]
    [InlineData("a-b-c.slice", "/a.slice/a-b.slice/a-b-c.slice")]
    public void ExpandSlice_Dashes_AreLevels(string slice, string path) => UnitName.ExpandSlice(slice).Should().Be(path);
}
