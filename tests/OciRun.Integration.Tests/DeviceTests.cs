namespace OciRun.Integration;

/// <summary>Device nodes and links in /dev (S28, S130–S132) and what the device cgroup lets through (S144, S145).</summary>
public sealed class DeviceTests : IntegrationTest
{
    private static JsonObject Device(string path, string type, int major, int minor) =>
        new() { ["path"] = path, ["type"] = type, ["major"] = major, ["minor"] = minor };

    [Theory]
    [InlineData("null", "1:3")]
    [InlineData("zero", "1:5")]
    [InlineData("full", "1:7")]
    [InlineData("random", "1:8")]
    [InlineData("urandom", "1:9")]
    [InlineData("tty", "5:0")]
    public void DefaultDevice_IsThere(string name, string number)
    {
        NewContainer().RunProbe("stat", "/dev/" + name)["stat /dev/" + name].Should().Be($"char 0666 0 0 {number}");
    }

    [Theory]
    [InlineData("fd", "/proc/self/fd")]
    [InlineData("stdin", "/proc/self/fd/0")]
    [InlineData("stdout", "/proc/self/fd/1")]
    [InlineData("stderr", "/proc/self/fd/2")]
    [InlineData("ptmx", "pts/ptmx")]
    public void DefaultLink_IsThere(string name, string target)
    {
        NewContainer().RunProbe("readlink", "/dev/" + name)["readlink /dev/" + name].Should().Be(target);
    }

    [Fact]
    public void DefaultDevices_OpenAndWork()
    {
        var answers = NewContainer().RunProbe("write", "/dev/null", "+", "write", "/dev/full", "+", "open", "/dev/urandom", "r", "+", "open", "/dev/ptmx", "rw");
        answers["write /dev/null"].Should().Be("ok");
        answers["write /dev/full"].Should().Be("ENOSPC");
        answers["open /dev/urandom"].Should().Be("ok");
        answers["open /dev/ptmx"].Should().Be("ok");
    }

    [Fact]
    public void Console_WithoutTerminal_IsMissing()
    {
        NewContainer().RunProbe("stat", "/dev/console")["stat /dev/console"].Should().Be("ENOENT");
    }

    [Fact]
    public void Device_WithModeAndOwner_IsMadeSo()
    {
        var device = Device("/dev/mine", "c", 1, 3);
        device["fileMode"] = 0b110_100_000;
        device["uid"] = 1000;
        device["gid"] = 1001;
        NewContainer().Add("/linux/devices", device).RunProbe("stat", "/dev/mine")["stat /dev/mine"].Should().Be("char 0640 1000 1001 1:3");
    }

    [Fact]
    public void Device_OutsideOfDev_IsMade()
    {
        NewContainer().Set("/root/readonly", false).Add("/linux/devices", Device("/some/where/zero", "c", 1, 5))
            .RunProbe("stat", "/some/where/zero")["stat /some/where/zero"].Should().StartWith("char").And.EndWith("1:5");
    }

    [Theory]
    [InlineData("b", 7, 200, "block")]
    [InlineData("p", 0, 0, "fifo")]
    public void Device_BlockAndFifo_AreMade(string type, int major, int minor, string seen)
    {
        NewContainer().Add("/linux/devices", Device("/dev/mine", type, major, minor)).RunProbe("stat", "/dev/mine")["stat /dev/mine"].Should().StartWith(seen);
    }

    [ClaimFact("S131: another file at the device's path is an error; runc and crun take it for the device")]
    public void Device_PathIsAnotherFile_IsRefused()
    {
        NewContainer().WriteFile("/dev0/mine", "text").Add("/linux/devices", Device("/dev0/mine", "c", 1, 3)).TryCreate().ShouldFailWith("/dev0/mine");
    }

    [Fact]
    public void Device_UnknownType_Fails() => NewContainer().Add("/linux/devices", Device("/dev/mine", "x", 1, 3)).TryCreate().ShouldFailWith();

    // 10:229 is /dev/fuse: whether this kernel has a driver for it or not, only the device rules answer EPERM.
    [Fact]
    public void DeviceRules_Default_RefuseOtherDevices()
    {
        var answers = NewContainer().Capabilities("bounding", "CAP_MKNOD").Capabilities("effective", "CAP_MKNOD").Capabilities("permitted", "CAP_MKNOD")
            .RunProbe("mknod", "/dev/other", "c", "10", "229", "+", "open", "/dev/other", "r", "+", "mknod", "/dev/null2", "c", "1", "3", "+", "open", "/dev/null2", "w");
        answers["mknod /dev/other"].Should().Be("ok", "making a node is always allowed");
        answers["open /dev/other"].Should().Be("EPERM", "opening it is not");
        answers["open /dev/null2"].Should().Be("ok");
    }

    [Fact]
    public void DeviceRules_AllowedLater_TheLastDecides()
    {
        var allow = new JsonObject { ["allow"] = true, ["type"] = "c", ["major"] = 10, ["minor"] = 229, ["access"] = "r" };
        var answers = NewContainer().Add("/linux/resources/devices", allow).Add("/linux/devices", Device("/dev/other", "c", 10, 229))
            .RunProbe("open", "/dev/other", "r");
        answers["open /dev/other"].Should().NotBe("EPERM");
    }

    [Fact]
    public void DeviceRules_AccessNotGiven_IsRefused()
    {
        var allow = new JsonObject { ["allow"] = true, ["type"] = "c", ["major"] = 10, ["minor"] = 229, ["access"] = "r" };
        var answers = NewContainer().Add("/linux/resources/devices", allow).Add("/linux/devices", Device("/dev/other", "c", 10, 229))
            .RunProbe("open", "/dev/other", "w");
        answers["open /dev/other"].Should().Be("EPERM");
    }
}
