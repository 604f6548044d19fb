using OciRun.Cli;
using OciRun.Runtime;

namespace OciRun.Tests;

public sealed class GlobalOptionsTests
{
    private static GlobalSettings Read(params string[] global) => Line.Read([.. global, "list"]).Call.Global;

    [Fact]
    public void Read_NoOptions_GivesDefaults()
    {
        var settings = Read();

        settings.Root.Should().BeNull();
        settings.Log.Should().BeNull();
        settings.JsonLog.Should().BeFalse();
        settings.LogWarnings.Should().BeTrue();
        settings.Debug.Should().BeFalse();
        settings.CgroupDriver.Should().Be(CgroupDriver.Cgroupfs);
    }

    [Theory]
    [InlineData("/x", "/x")]
    [InlineData("/x/", "/x")]
    [InlineData("/x//y/.", "/x/y")]
    [InlineData("/link/../y", "/link/../y")]
    public void Read_Root_IsAbsolute(string given, string expected) => Read("--root", given).Root.Should().Be(expected);

    [Fact]
    public void Read_RelativeRoot_StartsAtTheCurrentDirectory() =>
        Read("--root=a").Root.Should().Be(Path.Join(Environment.CurrentDirectory, "a"));

    [Theory]
    [InlineData("/")]
    [InlineData("//")]
    [InlineData("/.")]
    [InlineData("/..")]
    [InlineData("/usr/..")]
    public void Read_RootDirectoryOfTheMachine_IsRefused(string root) =>
        Line.Fault("--root", root, "list").Should().StartWith($"--root={root} is not allowed");

    [Fact]
    public void Read_EmptyRoot_IsRefused() => Line.Fault("--root=", "list").Should().StartWith("flag needs an argument: --root");

    [Theory]
    [InlineData(CgroupDriver.Systemd, "--systemd-cgroup")]
    [InlineData(CgroupDriver.Cgroupfs, "--systemd-cgroup=false")]
    [InlineData(CgroupDriver.Systemd, "--cgroup-manager=systemd")]
    [InlineData(CgroupDriver.Disabled, "--cgroup-manager", "disabled")]
    [InlineData(CgroupDriver.Cgroupfs, "--cgroup-manager", "cgroupfs")]
    [InlineData(CgroupDriver.Systemd, "--systemd-cgroup", "--cgroup-manager=systemd")]
    public void Read_CgroupOptions_ChooseTheDriver(CgroupDriver driver, params string[] args) => Read(args).CgroupDriver.Should().Be(driver);

    [Theory]
    [InlineData("--rootless", "true")]
    [InlineData("--rootless=false")]
    [InlineData("--rootless", "auto")]
    [InlineData("--criu", "/usr/bin/criu")]
    public void Read_AcceptedAndIgnored_ChangesNothing(params string[] args) => Read(args).Should().Be(new GlobalSettings());

    [Theory]
    [InlineData("--log=/l", "/l")]
    [InlineData("--log=file:/l", "/l")]
    [InlineData("--log=./journald:x", "./journald:x")]
    [InlineData("--log=/dev/stderr", null)]
    public void Read_Log_IsAFile(string option, string? path) => Read(option).Log.Should().Be(path);

    [Theory]
    [InlineData("journald:c1")]
    [InlineData("syslog:c1")]
    public void Read_LogOfAnotherKind_IsRefused(string log)
    {
        var reading = () => Read("--log", log);

        reading.Should().Throw<ContainerException>().Which.Code.Should().Be(ErrorCode.Unsupported);
    }

    [Theory]
    [InlineData(false, true, "--log-level=warning")]
    [InlineData(false, false, "--log-level=error")]
    [InlineData(true, true, "--log-level=debug")]
    [InlineData(true, true, "--debug")]
    [InlineData(true, true, "--debug-log=/d")]
    public void Read_Levels_DecideWhatIsWritten(bool debug, bool warnings, string option)
    {
        Read(option).Debug.Should().Be(debug);
        Read(option).LogWarnings.Should().Be(warnings);
    }

    [Theory]
    [InlineData(true, null, "/run/ocirun")]
    [InlineData(true, "/run/user/0", "/run/ocirun")]
    [InlineData(false, "/run/user/1000", "/run/user/1000/ocirun")]
    public void Choose_Caller_DecidesTheRoot(bool realRoot, string? runtimeDirectory, string expected) =>
        RootDirectory.Choose(realRoot, runtimeDirectory).Should().Be(expected);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("run/user")]
    public void Choose_OrdinaryUserWithoutRuntimeDirectory_IsAnErrorThatNamesTheVariable(string? runtimeDirectory)
    {
        var choosing = () => RootDirectory.Choose(realRoot: false, runtimeDirectory);

        choosing.Should().Throw<ContainerException>().WithMessage("*XDG_RUNTIME_DIR*--root*");
    }
}
