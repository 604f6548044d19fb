using OciRun.Runtime.Security;
using OciRun.Spec;
using static OciRun.Runtime.Tests.Security.Profiles;

namespace OciRun.Runtime.Tests.Security;

/// <summary>What is said of a call: the action of the compiled program, and the rule of the profile that it comes from.</summary>
public sealed class SeccompReasoningTests
{
    private const uint Mkdir = 83, Personality = 135, FaccessAt2 = 439;

    [Theory]
    [InlineData("64", Bpf.X86_64, false)]
    [InlineData("x32", Bpf.X86_64, true)]
    [InlineData("32", Bpf.I386, true)]
    public void Answer_EveryCallOfARealProfile_IsARuleThatNamesIt(string table, uint architecture, bool is32Bit)
    {
        Machine.RequireX86_64();
        var profile = PodmanProfile.Require();
        profile.DefaultErrnoRet = 13;
        var filter = Compile(profile);
        var reasoning = new SeccompReasoning(SeccompRuleSet.Read(profile), filter.Program);
        var numbers = Machine.RequireSyscallTable(table);
        var names = numbers.ToDictionary(pair => pair.Value, pair => pair.Key);
        var oracle = new Oracle(profile, numbers, filter.UnknownSyscalls, is32Bit);
        int byRule = 0;
        for (uint number = 0; number < 600; number++)
        {
            uint asked = number | (table == "x32" ? Bpf.X32Bit : 0);
            var open = reasoning.Answer(new SeccompQuestion(SeccompReasoning.Token(new(asked, architecture)), asked));
            foreach (ulong[] arguments in oracle.Interesting(asked))
            {
                var data = new SeccompData(asked, architecture, arguments);
                var match = reasoning.Answer(data);
                match.Action.Should().Be(BpfInterpreter.Run(filter.Program, data));
                open.Should().Contain(one => one.Action == match.Action, "what may happen holds what happens");
                if (match.Reason == SeccompReason.Rule)
                {
                    profile.Syscalls![match.Rule].Names![match.Name].Should().Be(names[asked]);
                    byRule++;
                }
            }
        }
        byRule.Should().BeGreaterThan(350);
    }

    [Fact]
    public void Answer_Kinds_AreTold()
    {
        Machine.RequireX86_64();
        var reasoning = Of(Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "read", "faccessat2"), Rule("SCMP_ACT_ERRNO", "chroot"),
            Rule("SCMP_ACT_ALLOW", "personality").Where((0, "SCMP_CMP_EQ", 8, 0)),
            Rule("SCMP_ACT_KILL_PROCESS", "personality").Where((0, "SCMP_CMP_MASKED_EQ", 0x100, 0x100))));
        One(reasoning, 0).Should().Be(new SeccompMatch(Bpf.Allow, SeccompReason.Rule, true, 0, 0));
        One(reasoning, Mkdir).Should().Be(new SeccompMatch(Bpf.Eperm, SeccompReason.Default, true));
        One(reasoning, 161).Should().Be(new SeccompMatch(Bpf.Eperm, SeccompReason.Rule, true, 1, 0), "a rule that says what the default says");
        One(reasoning, FaccessAt2 + 1).Should().Be(new SeccompMatch(Bpf.Enosys, SeccompReason.Newer, true));
        One(reasoning, Mkdir, Bpf.Aarch64).Reason.Should().Be(SeccompReason.Architecture);
        reasoning.Answer(new SeccompQuestion(Bpf.X86_64, Personality)).Select(match => (match.Action, match.Rule))
            .Should().Equal((Bpf.Allow, 2), (Bpf.KillProcess, 3), (Bpf.Eperm, -1));
        reasoning.Answer(new SeccompQuestion(Bpf.X86_64, Personality, 0x101)).Should().Equal(new SeccompMatch(Bpf.KillProcess, SeccompReason.Rule, true, 3, 0));
        reasoning.Conditions(3).Should().Equal("arg0 & 0x100 == 0x100");
    }

    [Fact]
    public void Answer_CallThatStandsForMany_IsTheRuleOfItsKind()
    {
        Machine.RequireX86_64();
        var reasoning = Of(Profile("SCMP_ACT_ALLOW", Rule("SCMP_ACT_ERRNO", "listen").Returning(5)).On("SCMP_ARCH_X86"));
        const uint SocketCall = 102, Listen = 363;
        reasoning.Answer(new SeccompQuestion(Bpf.I386, SocketCall, 4)).Should().Equal(new SeccompMatch(Bpf.Errno(5), SeccompReason.Rule, true, 0, 0));
        reasoning.Answer(new SeccompQuestion(Bpf.I386, SocketCall, 5)).Single().Action.Should().Be(Bpf.Allow);
        reasoning.Answer(new SeccompQuestion(Bpf.I386, Listen)).Single().Action.Should().Be(Bpf.Errno(5));
    }

    /// <summary>-1 has the bit of x32, but is nothing of x32's for libseccomp; and it is no number of a name that an architecture lacks.</summary>
    [Theory]
    [InlineData("SCMP_ACT_ERRNO", Bpf.Eperm, false, SeccompReason.Default)]
    [InlineData("SCMP_ACT_ALLOW", Bpf.Allow, false, SeccompReason.Default)]
    [InlineData("SCMP_ACT_ERRNO", Bpf.Enosys, true, SeccompReason.Newer)]
    [InlineData("SCMP_ACT_ALLOW", Bpf.Allow, true, SeccompReason.Default)]
    public void Answer_MinusOne_IsWhatTheProgramDoes(string defaultAction, uint action, bool hasX32, object reason)
    {
        Machine.RequireX86_64();
        var profile = Profile(defaultAction, Rule("SCMP_ACT_KILL_PROCESS", "uselib", "read"), Rule("SCMP_ACT_ERRNO", "waitpid").Returning(61));
        var reasoning = Of(hasX32 ? profile.On("SCMP_ARCH_X86_64", "SCMP_ARCH_X32", "SCMP_ARCH_X86") : profile);
        var data = new SeccompData(uint.MaxValue, Bpf.X86_64, [1, 2, 3, 4, 5, 6]);
        var expected = new SeccompMatch(action, (SeccompReason)reason, true);
        One(reasoning, uint.MaxValue, SeccompReasoning.Token(data)).Should().Be(expected, "seccomp explain 0xffffffff");
        (reasoning.Answer(data) with { IsCertain = true }).Should().Be(expected, "run --seccomp-trace");
        if (hasX32)
        {
            (reasoning.Answer(data with { Architecture = Bpf.I386 }) with { IsCertain = true }).Should().Be(expected);
        }
    }

    [Fact]
    public void Answer_ProgramOfAnotherProfile_IsAnError()
    {
        Machine.RequireX86_64();
        var profile = Profile("SCMP_ACT_ALLOW", Rule("SCMP_ACT_ERRNO", "mkdir"));
        var other = Compile(Profile("SCMP_ACT_ALLOW", Rule("SCMP_ACT_ERRNO", "mkdir").Returning(2)));
        var reasoning = new SeccompReasoning(SeccompRuleSet.Read(profile), other.Program);
        var answering = () => reasoning.Answer(new SeccompQuestion(Bpf.X86_64, Mkdir));
        answering.Should().Throw<ContainerException>().Which.Message.Should()
            .Contain("does SCMP_ACT_ERRNO (ENOENT) with mkdir on x86_64, where the profile says SCMP_ACT_ERRNO (EPERM) by /linux/seccomp/syscalls/0");
    }

    private static SeccompReasoning Of(Seccomp profile) => new(SeccompRuleSet.Read(profile), Compile(profile).Program);

    private static SeccompMatch One(SeccompReasoning reasoning, uint number, uint token = Bpf.X86_64) => reasoning.Answer(new SeccompQuestion(token, number)).Single();
}
