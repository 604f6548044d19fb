using System.Text;
using System.Text.Json.Nodes;

namespace OciRun.Spec.Tests;

/// <summary>What spec writes, against what runc 1.1.5 writes; every difference is meant and stands here.</summary>
public sealed class DefaultConfigTests
{
    [Fact]
    public void Create_AgainstRunc_DiffersOnlyOnPurpose()
    {
        var expected = Golden("runc-spec.json");
        Adapt(expected);
        Parse(DefaultConfig.Create(cgroupNamespace: false)).ToJsonString().Should().Be(expected.ToJsonString());
    }

    [Fact]
    public void CreateRootless_AgainstRunc_DiffersOnlyOnPurpose()
    {
        var expected = Golden("runc-spec-rootless.json");
        Adapt(expected);
        Parse(DefaultConfig.CreateRootless(0, 0, cgroupNamespace: false)).ToJsonString().Should().Be(expected.ToJsonString());
    }

    [Fact]
    public void CreateRootless_MapsTheCaller()
    {
        var config = DefaultConfig.CreateRootless(1000, 1001, cgroupNamespace: true);
        config.Linux!.UidMappings.Should().ContainSingle().Which.Should().BeEquivalentTo(new { ContainerID = 0, HostID = 1000, Size = 1 });
        config.Linux.GidMappings.Should().ContainSingle().Which.HostID.Should().Be(1001);
        config.Linux.Namespaces!.Select(n => n.Type).Should().Equal("pid", "ipc", "uts", "mount", "cgroup", "user");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Create_OwnText_ReadsBackWithoutFinding(bool cgroupNamespace)
    {
        foreach (var config in (RuntimeConfig[])[DefaultConfig.Create(cgroupNamespace, 2), DefaultConfig.CreateRootless(1000, 1000, cgroupNamespace, 2)])
        {
            byte[] json = DefaultConfig.Serialize(config);
            ConfigReader.Inspect(json).Should().BeEmpty();
            ConfigValidator.Validate(ConfigReader.Read(json)).Should().BeEmpty();
        }
    }

    [Fact]
    public void Create_WithProcessors_MasksTheirThermalCounters() =>
        DefaultConfig.Create(true, 2).Linux!.MaskedPaths.Should().EndWith(
            ["/sys/devices/system/cpu/cpu0/thermal_throttle", "/sys/devices/system/cpu/cpu1/thermal_throttle"]);

    [Fact]
    public void Serialize_IndentsWithTabsAndEndsTheLine()
    {
        string text = Encoding.UTF8.GetString(DefaultConfig.Serialize(DefaultConfig.Create(false)));
        text.Should().StartWith("{\n\t\"ociVersion\": \"1.3.0\",\n\t\"process\": {\n\t\t\"terminal\": true,\n").And.EndWith("\n}\n");
        text.Should().NotContain("inheritable").And.NotContain("ambient").And.NotContain("null,").And.NotContain("\r");
    }

    /// <summary>The differences.</summary>
    private static void Adapt(JsonNode config)
    {
        // The version that runc of today writes, and our name.
        config["ociVersion"] = "1.3.0";
        config["hostname"] = "ocirun";
        // runc dropped the ambient set: without an inheritable one the kernel refuses it.
        config["process"]!["capabilities"]!.AsObject().Remove("ambient");
        // Masked since runc 1.1.5: interrupts and powercap tell what else runs on the machine.
        var masked = config["linux"]!["maskedPaths"]!.AsArray();
        masked.Insert(2, "/proc/interrupts");
        masked.Insert(10, "/sys/devices/virtual/powercap");
    }

    private static JsonNode Golden(string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data/golden", name)))!;

    private static JsonNode Parse(RuntimeConfig config) => JsonNode.Parse(DefaultConfig.Serialize(config))!;
}
