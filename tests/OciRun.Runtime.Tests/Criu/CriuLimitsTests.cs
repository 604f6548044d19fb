using OciRun.Runtime.Criu;
using OciRun.Spec;

namespace OciRun.Runtime.Tests.Criu;

/// <summary>What cannot be brought back as it was is refused, and never left out.</summary>
public sealed class CriuLimitsTests
{
    private static RuntimeConfig Config(LinuxSection linux)
    {
        linux.Namespaces = [new LinuxNamespace { Type = "mount" }, new LinuxNamespace { Type = "network" }];
        return new RuntimeConfig { OciVersion = "1.3.0", Linux = linux };
    }

    private static void ShouldBeRefused(RuntimeConfig config, string place)
    {
        var act = () => CriuLimits.Check(config);
        var error = act.Should().Throw<ContainerException>().Which;
        error.Code.Should().Be(ErrorCode.Unsupported);
        error.Place.Should().Be(place);
    }

    [Fact]
    public void Check_NothingUnusual_Passes()
    {
        var act = () => CriuLimits.Check(Config(new LinuxSection()));
        act.Should().NotThrow();
    }

    [Fact]
    public void Check_ClassOfService_IsRefused() => ShouldBeRefused(Config(new LinuxSection { IntelRdt = new IntelRdt() }), "/linux/intelRdt");

    [Fact]
    public void Check_NetworkDevices_AreRefused() =>
        ShouldBeRefused(Config(new LinuxSection { NetDevices = new() { ["eth0"] = new NetDevice() } }), "/linux/netDevices");
}
