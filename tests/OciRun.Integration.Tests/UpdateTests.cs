namespace OciRun.Integration;

/// <summary>update (C30): by options, by a document, and that a refused change changes nothing.</summary>
public sealed class UpdateTests : IntegrationTest
{
    private Container Limited()
    {
        foreach (string controller in (ReadOnlySpan<string>)["pids", "memory", "cpu"])
            Assert.SkipUnless(CgroupView.Has(controller), $"this machine has no {controller} controller for us");
        return NewContainer()
            .Set("/linux/resources/pids", new JsonObject { ["limit"] = 50 })
            .Set("/linux/resources/memory", new JsonObject { ["limit"] = 64 << 20 })
            .Set("/linux/resources/cpu", new JsonObject { ["shares"] = 512, ["quota"] = 50000, ["period"] = 100000 })
            .Args("/bin/sleep", "100").RunDetached();
    }

    private static string Pids(Container container) => CgroupView.Read("pids", "/" + container.Id, "pids.max");

    private static string Memory(Container container) =>
        CgroupView.Read("memory", "/" + container.Id, CgroupView.IsUnified ? "memory.max" : "memory.limit_in_bytes");

    private static string Quota(Container container) => CgroupView.Read("cpu", "/" + container.Id, CgroupView.IsUnified ? "cpu.max" : "cpu.cfs_quota_us").Split(' ')[0];

    [Fact]
    public void Update_Options_ChangeWhatTheyNameAndNoMore()
    {
        var container = Limited();
        container.Verb("update", "--memory", "80m", "--pids-limit", "20", container.Id).Run().ShouldExit(0);
        (Pids(container), Memory(container), Quota(container)).Should().Be(("20", $"{80 << 20}", "50000"));
        container.Verb("update", "--cpu-quota", "25000", container.Id).Run().ShouldExit(0);
        (Pids(container), Memory(container), Quota(container)).Should().Be(("20", $"{80 << 20}", "25000"));
    }

    [Theory]
    [InlineData("-")]
    [InlineData("file")]
    public void Update_Document_IsTakenAndItsDeviceRulesAreNot(string source)
    {
        const string Document = """{"pids":{"limit":33},"devices":[{"allow":true,"access":"rwm"}],"blockIO":{}}""";
        var container = Limited();
        string file = Path.Combine(Sandbox.Directory, "resources.json");
        File.WriteAllText(file, Document);
        container.Verb("update", "--resources", source == "-" ? "-" : file, container.Id).Input(Document).Run().ShouldExit(0);
        Pids(container).Should().Be("33");
        if (!CgroupView.IsUnified)
            CgroupView.Read("devices", "/" + container.Id, "devices.list").Should().NotContain("a *:* rwm");
    }

    [Fact]
    public void Update_Refused_LeavesTheOtherLimitsAsTheyWere()
    {
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "the others leave half of it");
        var container = Limited();
        container.Verb("update", "--pids-limit", "20", "--cpu-quota", "1", container.Id).Run().ShouldFailWith("/linux/resources/cpu/quota");
        (Pids(container), Quota(container)).Should().Be(("50", "50000"));
        container.Verb("update", "--cpu-share", "100", container.Id).Run().ShouldExit(0);
        (Pids(container), Quota(container)).Should().Be(("50", "50000"));
    }

    [Fact]
    public void Update_Stopped_IsAnError()
    {
        var container = NewContainer().Args("/bin/true").RunDetached().WaitStopped();
        container.Verb("update", "--pids-limit", "20", container.Id).Run().ShouldFailWith(RuntimeUnderTest.IsOurs ? "not running" : "");
    }

    [Theory]
    [InlineData("--memory", "much")]
    [InlineData("--pids-limit", "1.5")]
    [InlineData("--resources", "/does/not/exist")]
    public void Update_BadValue_IsNamed(string option, string value)
    {
        var container = NewContainer().Args("/bin/sleep", "100").RunDetached();
        container.Verb("update", option, value, container.Id).Run().ShouldFailWith(RuntimeUnderTest.IsOurs ? value : "");
    }
}
