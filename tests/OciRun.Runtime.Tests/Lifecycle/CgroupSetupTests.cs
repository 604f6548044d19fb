using OciRun.Cgroups;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Runtime.Tests.Lifecycle;

/// <summary>What the user reads of a cgroup that could not be had.</summary>
public sealed class CgroupSetupTests
{
    [Theory]
    [InlineData("/linux/resources/memory/useHierarchy", "/linux/resources/memory/useHierarchy: cannot be")]
    [InlineData(null, "cannot be")]
    public void Translate_CgroupException_SaysWhere(string? place, string message)
    {
        Action action = () => CgroupSetup.Translate<int>(() => throw new CgroupException("cannot be", place));
        action.Should().Throw<ContainerException>().Which.Should().Match<ContainerException>(e => e.Message == message && e.Place == place);
    }
}
