namespace OciRun.Integration;

/// <summary>--strict (U29, U30): what would be a warning, or be done in another way than asked for, is an error.</summary>
public sealed class StrictTests : IntegrationTest
{
    public StrictTests() => Assert.SkipUnless(RuntimeUnderTest.IsOurs, "only ocirun has --strict");

    [Fact]
    public void Strict_GoodConfig_Runs() => Strict(NewContainer().Args("true")).ShouldExit(0);

    [Theory]
    [InlineData("/linux/resources/memory", """{"kernel": 1000000}""", "/linux/resources/memory/kernel: has no effect")]
    [InlineData("/process/capabilities/bounding", """["CAP_OF_THE_FUTURE"]""", "CAP_OF_THE_FUTURE")]
    [InlineData("/linux/misspelt", "1", "misspelt")]
    [InlineData("/process/noNewPrivilege", "true", "noNewPrivileges")]
    public void Strict_WhatIsAWarning_IsAnError(string place, string value, string text)
    {
        var container = NewContainer().Args("true").Set(place, JsonNode.Parse(value));
        container.Run().ShouldExit(0);
        Strict(container).ShouldFailWith(text, "--strict");
    }

    [Fact]
    public void Strict_DevicesBoundInAUserNamespace_IsAnError() =>
        Strict(NewContainer().UserNamespace().Args("true")).ShouldFailWith("/linux/devices", "bound from the host", "--strict");

    [Fact]
    public void Bound_DeviceWithAModeOfItsOwn_IsAWarning() =>
        NewContainer().UserNamespace().Args("true")
            .Set("/linux/devices", new JsonArray(new JsonObject { ["path"] = "/dev/null", ["type"] = "c", ["major"] = 1, ["minor"] = 3, ["fileMode"] = 384 }))
            .Run().ShouldExit(0).Error.Should().Contain("warning: /linux/devices/0").And.Contain("the host's mode and owner");

    [Fact]
    public void Debug_UnknownProperty_IsNamed()
    {
        var container = NewContainer().Args("true").Set("/linux/misspelt", 1);
        Sandbox.Runtime(["--root", container.StateRoot, "--debug", "run", "--bundle", Written(container), container.Id]).Run().ShouldExit(0).Error.Should().Contain("/linux/misspelt");
    }

    private CommandResult Strict(Container container) =>
        Sandbox.Runtime(["--root", container.StateRoot, "--strict", "run", "--bundle", Written(container), container.Id]).Run();

    private static string Written(Container container)
    {
        container.Verb("run"); // writes config.json
        return container.Bundle;
    }
}
