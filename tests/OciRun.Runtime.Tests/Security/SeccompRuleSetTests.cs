using OciRun.Linux;
using OciRun.Runtime.Security;
using OciRun.Spec;
using static OciRun.Runtime.Tests.Security.Profiles;

namespace OciRun.Runtime.Tests.Security;

public sealed class SeccompRuleSetTests
{
    public static TheoryData<Seccomp, string, string> Faults => new()
    {
        { new Seccomp(), "/linux/seccomp/defaultAction", "is missing" },
        { Profile("SCMP_ACT_DENY"), "/linux/seccomp/defaultAction", "\"SCMP_ACT_DENY\" is no action" },
        { Profile("SCMP_ACT_NOTIFY"), "/linux/seccomp/defaultAction", "cannot be the default" },
        { new Seccomp { DefaultAction = "SCMP_ACT_ALLOW", DefaultErrnoRet = 1 }, "/linux/seccomp/defaultErrnoRet", "SCMP_ACT_ALLOW has no errno" },
        { new Seccomp { DefaultAction = "SCMP_ACT_KILL", DefaultErrnoRet = 0 }, "/linux/seccomp/defaultErrnoRet", "SCMP_ACT_KILL has no errno" },
        { new Seccomp { DefaultAction = "SCMP_ACT_ERRNO", DefaultErrnoRet = 65536 }, "/linux/seccomp/defaultErrnoRet", "65536 is out of range" },
        { Profile("SCMP_ACT_ALLOW").On("SCMP_ARCH_X86", "x86_64"), "/linux/seccomp/architectures/1", "\"x86_64\" is no architecture" },
        { Profile("SCMP_ACT_ALLOW").On("SCMP_ARCH_NATIVE"), "/linux/seccomp/architectures/0", "is no architecture" },
        { Profile("SCMP_ACT_ALLOW", new SeccompRule { Action = "SCMP_ACT_KILL" }), "/linux/seccomp/syscalls/0/names", "at least one" },
        { Profile("SCMP_ACT_ALLOW", Rule("SCMP_ACT_KILL")), "/linux/seccomp/syscalls/0/names", "at least one" },
        { Profile("SCMP_ACT_ALLOW", Rule("SCMP_ACT_KILL", "read", "")), "/linux/seccomp/syscalls/0/names/1", "is empty" },
        { Profile("SCMP_ACT_ALLOW", Rule("SCMP_ACT_KILL", "read"), Rule(null!, "read")), "/linux/seccomp/syscalls/1/action", "is missing" },
        { Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "read").Returning(1)), "/linux/seccomp/syscalls/0/errnoRet", "has no errno" },
        { Profile("SCMP_ACT_ALLOW", Rule("SCMP_ACT_ERRNO", "read").Returning(4096)), "/linux/seccomp/syscalls/0/errnoRet", "0 to 4095" },
        { Profile("SCMP_ACT_ALLOW", Rule("SCMP_ACT_KILL", "read").Where((6, "SCMP_CMP_EQ", 0, 0))), "/linux/seccomp/syscalls/0/args/0/index", "6 is out of range" },
        { Profile("SCMP_ACT_ALLOW", Rule("SCMP_ACT_KILL", "read").Where((0, "EQ", 0, 0))), "/linux/seccomp/syscalls/0/args/0/op", "\"EQ\" is no operator" },
        { Profile("SCMP_ACT_ALLOW", Rule("SCMP_ACT_NOTIFY", "write")), "/linux/seccomp/syscalls/0/names/0", "cannot be used for write" },
        { Profile("SCMP_ACT_ALLOW", Rule("SCMP_ACT_NOTIFY", "mkdir")), "/linux/seccomp/listenerPath", "is missing" },
        { new Seccomp { DefaultAction = "SCMP_ACT_ALLOW", ListenerMetadata = "x" }, "/linux/seccomp/listenerMetadata", "without listenerPath" },
    };

    [Theory]
    [MemberData(nameof(Faults), DisableDiscoveryEnumeration = true)]
    public void Read_Fault_NamesPlaceAndReason(Seccomp profile, string place, string reason)
    {
        var error = FluentActions.Invoking(() => SeccompRuleSet.Read(profile)).Should().Throw<ContainerException>().Which;
        error.Place.Should().Be(place);
        error.Code.Should().Be(ErrorCode.InvalidConfig);
        error.Message.Should().StartWith($"{place}: ").And.Contain(reason);
    }

    [Theory]
    [InlineData("SCMP_ACT_ALLOW", null, 0x7fff0000)]
    [InlineData("SCMP_ACT_LOG", null, 0x7ffc0000)]
    [InlineData("SCMP_ACT_TRACE", null, 0x7ff00001)]
    [InlineData("SCMP_ACT_TRACE", 0xffffu, 0x7ff0ffff)]
    [InlineData("SCMP_ACT_TRAP", null, 0x00030000)]
    [InlineData("SCMP_ACT_ERRNO", null, 0x00050001)]
    [InlineData("SCMP_ACT_ERRNO", 0u, 0x00050000)]
    [InlineData("SCMP_ACT_ERRNO", 38u, 0x00050026)]
    [InlineData("SCMP_ACT_KILL", null, 0x00000000)]
    [InlineData("SCMP_ACT_KILL_THREAD", null, 0x00000000)]
    [InlineData("SCMP_ACT_KILL_PROCESS", null, 0x80000000)]
    public void Read_Action_IsTheKernelsNumber(string word, uint? errnoRet, uint expected)
    {
        var set = SeccompRuleSet.Read(new Seccomp { DefaultAction = word, DefaultErrnoRet = errnoRet });
        set.DefaultAction.Should().Be(expected);
    }

    [Fact]
    public void Read_MaskedEqual_TakesValueAsMaskAndValueTwoAsDatum()
    {
        var set = SeccompRuleSet.Read(Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "clone").Where((0, "SCMP_CMP_MASKED_EQ", 0x7e020000, 4))));
        set.Rules[0].Conditions.Should().Equal(new SeccompComparison(0, SeccompOperator.MaskedEqual, 0x7e020000, 4));
    }

    [Fact]
    public void Read_SameArgumentTwice_MakesAnyConditionSuffice()
    {
        var rule = Rule("SCMP_ACT_ALLOW", "personality").Where((0, "SCMP_CMP_EQ", 0, 0), (0, "SCMP_CMP_EQ", 8, 0));
        SeccompRuleSet.Read(Profile("SCMP_ACT_ERRNO", rule)).Rules[0].AnyHolds.Should().BeTrue();
        rule = Rule("SCMP_ACT_ALLOW", "personality").Where((0, "SCMP_CMP_EQ", 0, 0), (1, "SCMP_CMP_EQ", 8, 0));
        SeccompRuleSet.Read(Profile("SCMP_ACT_ERRNO", rule)).Rules[0].AnyHolds.Should().BeFalse();
    }

    [Fact]
    public void Words_EachOfTheSpecification_IsKnown()
    {
        SeccompWords.Actions.Where(word => SeccompWords.TryParseAction(word, out _)).Should().Equal(SeccompWords.Actions).And.HaveCount(9);
        SeccompWords.Operators.Where(word => SeccompWords.TryParseOperator(word, out _)).Should().Equal(SeccompWords.Operators).And.HaveCount(7);
        SeccompWords.Architectures.Where(Named).Should().Equal(SeccompWords.Architectures).And.HaveCount(23);
        SeccompWords.Flags.Where(word => SeccompWords.TryParseFlag(word, out _)).Should().Equal(SeccompWords.Flags).And.HaveCount(4);
    }

    private static bool Named(string architecture) =>
        SeccompWords.TryParseArchitecture(architecture, out string? name) && $"SCMP_ARCH_{name.ToUpperInvariant()}" == architecture;
}
