using OciRun.Images;
using OciRun.Images.Model;
using OciRun.Runtime;
using OciRun.Spec;

namespace OciRun.Build.Tests;

public sealed class BundleConfigTests
{
    private static StoredImage Image(ContainerSettings settings) => new()
    {
        Name = "test",
        Descriptor = new() { Digest = "", Size = 0 },
        Digest = default,
        Manifest = new(),
        Config = new() { Architecture = "amd64", Os = "linux", Config = settings },
        ConfigBytes = [],
        Layers = [],
    };

    private static RuntimeConfig Make(ContainerSettings settings, BundleOptions? options = null) => BundleConfig.Make("c1", Image(settings), options ?? new(), cgroupNamespace: true);

    private static readonly ContainerSettings s_shell = new() { Cmd = ["sh"] };

    [Fact]
    public void Make_AnyImage_IsAValidConfig()
    {
        var options = new BundleOptions { Memory = 64 << 20, Cpus = 0.5m, Pids = 50, Tmpfs = ["/tmp:size=1m"], FirstId = 524288, Network = "/run/netns/x", Terminal = true, ReadOnly = true };
        var settings = s_shell with { Volumes = new() { ["/data"] = new() }, ExposedPorts = new() { ["80/tcp"] = new() }, Labels = new() { ["a"] = "b" } };
        ConfigValidator.Validate(Make(settings, options)).Should().BeEmpty();
        ConfigValidator.Validate(Make(s_shell, new() { Network = "host" })).Should().BeEmpty();
    }

    [Theory]
    [InlineData(null, "sh", "", "sh")]
    [InlineData("/init", "-c,x", "", "/init,-c,x")]
    [InlineData("/init", "-c,x", "other", "/init,other")]
    [InlineData("/init", null, "", "/init")]
    [InlineData(null, null, "ls,-l", "ls,-l")]
    public void Make_Command_ReplacesCmdOnly(string? entrypoint, string? cmd, string command, string expected)
    {
        static List<string>? Words(string? text) => text?.Split(',').ToList();
        var config = Make(new() { Entrypoint = Words(entrypoint), Cmd = Words(cmd) }, new() { Command = command.Length == 0 ? [] : Words(command)! });
        config.Process!.Args.Should().Equal(expected.Split(','));
    }

    [Fact]
    public void Make_NoProgramAtAll_IsAnError()
    {
        var make = () => Make(new());
        make.Should().Throw<ContainerException>().Which.Message.Should().Contain("names no program");
    }

    [Fact]
    public void Make_Environment_CallersGoBeforeImagesBeforeDefaults()
    {
        Environment.SetEnvironmentVariable("OCIRUN_BUILD_TEST", "here");
        string[] variables = Make(s_shell with { Env = ["PATH=/bin", "A=1", "B=2"] }, new() { Environment = ["B=3", "OCIRUN_BUILD_TEST", "NOT_SET_ANYWHERE"] }).Process!.Env!;
        variables.Should().BeEquivalentTo("PATH=/bin", "HOME=/", "A=1", "B=3", "OCIRUN_BUILD_TEST=here");
    }

    [Fact]
    public void Make_Defaults_AreHardened()
    {
        var config = Make(s_shell);
        config.Process!.NoNewPrivileges.Should().BeTrue();
        config.Process.Capabilities!.Bounding.Should().NotContain(["CAP_SYS_ADMIN", "CAP_NET_RAW", "CAP_MKNOD", "CAP_SYS_PTRACE"]).And.Contain("CAP_CHOWN");
        config.Mounts!.Single(mount => mount.Destination == "/proc").Options.Should().Contain("hidepid=2");
        config.Linux!.Seccomp!.Syscalls!.SelectMany(rule => rule.Names!).Should().Contain(["mount", "umount2", "pivot_root", "unshare", "bpf"]);
    }

    [Fact]
    public void Make_OrdinaryUser_HoldsNoCapability()
    {
        var capabilities = Make(s_shell, new() { User = "1000" }).Process!.Capabilities!;
        capabilities.Effective.Should().BeEmpty();
        capabilities.Permitted.Should().BeEmpty();
    }

    [Theory]
    [InlineData("net_raw", "CAP_CHOWN", "CAP_NET_RAW", "CAP_CHOWN")]
    [InlineData("CAP_SYS_ADMIN", "ALL", "CAP_SYS_ADMIN", "CAP_KILL")]
    [InlineData("all", "kill", "CAP_SYS_TIME", "")]
    public void Make_Capabilities_AreAddedAndDropped(string added, string dropped, string has, string hasNot)
    {
        var bounding = Make(s_shell, new() { AddedCapabilities = [added], DroppedCapabilities = [dropped] }).Process!.Capabilities!.Bounding!;
        bounding.Should().Contain(has).And.NotContain(hasNot).And.OnlyHaveUniqueItems();
    }

    [Fact]
    public void Make_SysAdminAdded_MayMount() =>
        Make(s_shell, new() { AddedCapabilities = ["SYS_ADMIN"] }).Linux!.Seccomp!.Syscalls!.SelectMany(rule => rule.Names!).Should().NotContain("mount").And.Contain("kexec_load");

    [Theory]
    [InlineData("relative:/x")]
    [InlineData("/x")]
    [InlineData("/tmp:x")]
    [InlineData("/tmp:/x:exec")]
    [InlineData("/tmp:/x:ro:rw")]
    public void Make_WrongVolume_IsAnErrorThatNamesIt(string volume)
    {
        var make = () => Make(s_shell, new() { Volumes = [volume] });
        make.Should().Throw<ContainerException>().Which.Message.Should().Contain($"--volume={volume}");
    }

    [Fact]
    public void Make_ReadOnly_KeepsTheImagesVolumesWritable()
    {
        var config = Make(s_shell with { Volumes = new() { ["/data"] = new(), ["/host"] = new() } }, new() { ReadOnly = true, Volumes = ["/tmp:/host"] });
        config.Root!.Readonly.Should().BeTrue();
        config.Mounts!.Single(mount => mount.Destination == "/data").Type.Should().Be("tmpfs");
        config.Mounts!.Single(mount => mount.Destination == "/host").Type.Should().Be("bind");
    }

    [Fact]
    public void Make_LabelsOfTheImage_CannotChooseItsLayers()
    {
        var config = Make(s_shell with { Labels = new() { ["io.ocirun.overlay.lowerdir"] = "/etc", ["a"] = "b" }, StopSignal = "SIGINT" });
        config.Annotations.Should().NotContainKey("io.ocirun.overlay.lowerdir");
        config.Annotations.Should().Contain("a", "b").And.Contain("org.opencontainers.image.stopSignal", "SIGINT");
    }
}
