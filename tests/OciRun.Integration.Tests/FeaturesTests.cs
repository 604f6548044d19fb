namespace OciRun.Integration;

/// <summary>features (C33, S210–S224): what CRI-O, containerd and docker read.</summary>
public sealed class FeaturesTests : IntegrationTest
{
    private JsonObject Features()
    {
        var result = Sandbox.Runtime("features").Run().ShouldExit(0);
        result.Error.Should().BeEmpty();
        return JsonNode.Parse(result.Output)!.AsObject();
    }

    [Fact]
    public void Features_WhatCallersAskFor_IsThere()
    {
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "the others have other versions");
        var features = Features();
        ((string)features["ociVersionMin"]!, (string)features["ociVersionMax"]!).Should().Be(("1.0.0", "1.3.0"));
        features["mountOptions"]!.AsArray().Select(n => (string)n!).Should().Contain(["rro", "idmap", "rbind", "tmpcopyup"]).And.OnlyHaveUniqueItems();
        ((bool)features["linux"]!["mountExtensions"]!["idmap"]!["enabled"]!).Should().BeTrue();
        features["linux"]!["namespaces"]!.AsArray().Should().HaveCount(8);
        features["linux"]!["capabilities"]!.AsArray().Should().HaveCount(41);
        features["linux"]!["seccomp"]!["archs"]!.AsArray().Select(n => (string)n!).Should().Contain(["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"]);
    }

    /// <summary>Every annotation of ours that changes what a container may do: else a pod could ask for it (X66).</summary>
    [Fact]
    public void Features_UnsafeAnnotations_AreNamed()
    {
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "the others have other annotations");
        Features()["potentiallyUnsafeConfigAnnotations"]!.AsArray().Select(n => (string)n!).Should().BeEquivalentTo(
            "io.ocirun.overlay.", "org.systemd.property.", "run.oci.keep_original_groups", "run.oci.mount_context_type", "run.oci.systemd.subgroup");
    }
}
