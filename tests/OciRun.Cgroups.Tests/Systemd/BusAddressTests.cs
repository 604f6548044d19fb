using OciRun.Cgroups.Systemd;

namespace OciRun.Cgroups.Tests.Systemd;

public sealed class BusAddressTests
{
    private static List<string> User(string? directory, string? bus) =>
        BusAddress.OfUser(name => name switch { "XDG_RUNTIME_DIR" => directory, "DBUS_SESSION_BUS_ADDRESS" => bus, _ => null }, 1000).ConvertAll(one => one.Path + (one.IsBus ? " bus" : ""));

    [Fact]
    public void OfSystem_Root_NeedsNoBusDaemon() => BusAddress.OfSystem[0].Should().Be(new BusAddress("/run/systemd/private", false));

    [Fact]
    public void OfUser_OnlyRuntimeDirectory_IsEnough() => User("/run/user/5", null).Should().Equal("/run/user/5/systemd/private", "/run/user/5/bus bus");

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("relative")]
    public void OfUser_NoEnvironment_UsesTheUid(string? directory) => User(directory, null).Should().Equal("/run/user/1000/systemd/private", "/run/user/1000/bus bus");

    [Theory]
    [InlineData("unix:path=/tmp/dbus-x,guid=0123", "/tmp/dbus-x bus")]
    [InlineData("tcp:host=a;unix:abstract=/tmp/y;unix:guid=1,path=/z", "/z bus")]
    public void OfUser_SessionBus_GoesBeforeTheUsualOne(string address, string expected) =>
        User("/run/user/5", address).Should().Equal("/run/user/5/systemd/private", expected, "/run/user/5/bus bus");

    [Theory]
    [InlineData("unix:path=/run/user/5/bus")]
    [InlineData("unix:path=/a%20b")]
    [InlineData("autolaunch:")]
    public void OfUser_NothingNew_IsNotTriedTwice(string address) => User("/run/user/5", address).Should().HaveCount(2);
}
