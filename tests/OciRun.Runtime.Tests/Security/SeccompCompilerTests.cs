using OciRun.Linux;
using OciRun.Runtime.Security;
using OciRun.Spec;
using static OciRun.Runtime.Tests.Security.Profiles;

namespace OciRun.Runtime.Tests.Security;

/// <summary>Compiles small profiles and runs the programs. The numbers are x86-64's.</summary>
public sealed class SeccompCompilerTests
{
    private const uint Read = 0, Getpid = 39, Socket = 41, Clone = 56, Personality = 135, SetMempolicyHomeNode = 450;

    public SeccompCompilerTests() => Machine.RequireX86_64();

    [Theory]
    [InlineData("SCMP_ACT_ALLOW", null, Bpf.Allow)]
    [InlineData("SCMP_ACT_ERRNO", null, Bpf.Eperm)]
    [InlineData("SCMP_ACT_ERRNO", 95u, 0x5005f)]
    [InlineData("SCMP_ACT_ERRNO", 0u, 0x50000)]
    [InlineData("SCMP_ACT_KILL", null, Bpf.Kill)]
    [InlineData("SCMP_ACT_KILL_THREAD", null, Bpf.Kill)]
    [InlineData("SCMP_ACT_KILL_PROCESS", null, Bpf.KillProcess)]
    [InlineData("SCMP_ACT_TRAP", null, Bpf.Trap)]
    [InlineData("SCMP_ACT_LOG", null, Bpf.Log)]
    [InlineData("SCMP_ACT_TRACE", null, Bpf.Trace | 1)]
    [InlineData("SCMP_ACT_TRACE", 7u, Bpf.Trace | 7)]
    [InlineData("SCMP_ACT_NOTIFY", null, Bpf.Notify)]
    public void Compile_Action_IsReturnedForItsCallOnly(string action, uint? errnoRet, uint expected)
    {
        var profile = Profile("SCMP_ACT_ERRNO", new SeccompRule { Names = ["getpid"], Action = action, ErrnoRet = errnoRet });
        profile.DefaultErrnoRet = 13;
        profile.ListenerPath = "/run/agent";
        var program = Compile(profile).Program;
        Run(program, Getpid).Should().Be(expected);
        Run(program, Read).Should().Be(Bpf.Errno(13));
    }

    [Theory]
    [InlineData("SCMP_ACT_ALLOW", Bpf.Allow)]
    [InlineData("SCMP_ACT_ERRNO", Bpf.Eperm)]
    [InlineData("SCMP_ACT_KILL", Bpf.Kill)]
    [InlineData("SCMP_ACT_KILL_PROCESS", Bpf.KillProcess)]
    [InlineData("SCMP_ACT_TRAP", Bpf.Trap)]
    [InlineData("SCMP_ACT_LOG", Bpf.Log)]
    [InlineData("SCMP_ACT_TRACE", Bpf.Trace | 1)]
    public void Compile_DefaultAction_IsReturnedForEveryOtherCall(string action, uint expected)
    {
        var program = Compile(Profile(action, Rule("SCMP_ACT_ERRNO", "getpid").Returning(95))).Program;
        Run(program, Read).Should().Be(expected);
        Run(program, Getpid).Should().Be(Bpf.Errno(95));
    }

    [Theory]
    [InlineData("SCMP_ACT_ALLOW", Bpf.Allow)]
    [InlineData("SCMP_ACT_ERRNO", Bpf.Eperm)]
    public void Compile_NoRules_LeavesTheDefault(string action, uint expected)
    {
        var program = Compile(new Seccomp { DefaultAction = action }).Program;
        Run(program, Read).Should().Be(expected);
        Run(program, 9999).Should().Be(expected);
    }

    [Theory]
    [InlineData("SCMP_CMP_EQ", 5, 0, "5", "0 4 6 0x100000005")]
    [InlineData("SCMP_CMP_NE", 5, 0, "0 4 6 0x100000005", "5")]
    [InlineData("SCMP_CMP_LT", 5, 0, "0 4", "5 6 0x100000000")]
    [InlineData("SCMP_CMP_LE", 5, 0, "0 5", "6 0x100000000 0xffffffffffffffff")]
    [InlineData("SCMP_CMP_GT", 5, 0, "6 0x100000000 0xffffffffffffffff", "0 5")]
    [InlineData("SCMP_CMP_GE", 5, 0, "5 6 0x100000000", "0 4")]
    [InlineData("SCMP_CMP_GE", 0x100000005, 0, "0x100000005 0x200000000", "0 6 0xffffffff 0x100000004")]
    [InlineData("SCMP_CMP_LT", 0x100000005, 0, "0 0xffffffff 0x100000004", "0x100000005 0x200000000")]
    [InlineData("SCMP_CMP_EQ", 0x8000000000000001, 0, "0x8000000000000001", "1 0x8000000000000000")]
    [InlineData("SCMP_CMP_MASKED_EQ", 0xf0, 0x20, "0x20 0x2f 0xf2f", "0x00 0x30 0xa0")]
    [InlineData("SCMP_CMP_MASKED_EQ", 0xf00000000, 0x200000000, "0x200000000 0x2ffffffff", "0x20 0x300000000")]
    public void Compile_Operator_ComparesAll64BitsUnsigned(string op, ulong value, ulong valueTwo, string matching, string others)
    {
        var program = Compile(Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "personality").Where((0, op, value, valueTwo)))).Program;
        foreach (ulong argument in Numbers(matching))
            Run(program, Personality, argument).Should().Be(Bpf.Allow, $"{op} {argument:x}");
        foreach (ulong argument in Numbers(others))
            Run(program, Personality, argument).Should().Be(Bpf.Eperm, $"{op} {argument:x}");
    }

    [Fact]
    public void Compile_SeveralArguments_AllMustHold()
    {
        var program = Compile(Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "socket").Where((0, "SCMP_CMP_EQ", 16, 0), (2, "SCMP_CMP_EQ", 9, 0)))).Program;
        Run(program, Socket, 16, 0, 9).Should().Be(Bpf.Allow);
        Run(program, Socket, 16, 0, 0).Should().Be(Bpf.Eperm);
        Run(program, Socket, 1, 0, 9).Should().Be(Bpf.Eperm);
    }

    [Fact]
    public void Compile_SameArgumentTwice_AnyHolds()
    {
        var rule = Rule("SCMP_ACT_ALLOW", "personality").Where((0, "SCMP_CMP_EQ", 0, 0), (0, "SCMP_CMP_EQ", 8, 0));
        var program = Compile(Profile("SCMP_ACT_ERRNO", rule)).Program;
        Run(program, Personality, 0).Should().Be(Bpf.Allow);
        Run(program, Personality, 8).Should().Be(Bpf.Allow);
        Run(program, Personality, 4).Should().Be(Bpf.Eperm);
    }

    [Fact]
    public void Compile_UnknownNames_AreSkippedAndListed()
    {
        var filter = Compile(Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "no_such_call", "getpid", "read\0x", "léctura", new string('x', 1000))));
        filter.UnknownSyscalls.Should().Equal("no_such_call", "read\0x", "léctura", new string('x', 1000));
        Run(filter.Program, Getpid).Should().Be(Bpf.Allow);
        Run(filter.Program, Read).Should().Be(Bpf.Eperm);
    }

    [Fact]
    public void Compile_RuleEqualToTheDefault_IsLeftOut()
    {
        var profile = Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ERRNO", "read").Returning(1), Rule("SCMP_ACT_ERRNO", "getpid").Returning(2));
        var program = Compile(profile).Program;
        Run(program, Read).Should().Be(Bpf.Eperm);
        Run(program, Getpid).Should().Be(Bpf.Errno(2));
    }

    [Fact]
    public void Compile_NewerThanTheProfile_IsEnosys()
    {
        // clone3 is 435; the profile's newest is faccessat2, 439, though by a rule of the default action.
        var old = Compile(Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "read", "clone"))).Program;
        Run(old, Clone).Should().Be(Bpf.Allow);
        Run(old, 55).Should().Be(Bpf.Eperm);
        Run(old, 435).Should().Be(Bpf.Enosys);
        var newer = Compile(Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "read"), Rule("SCMP_ACT_ERRNO", "faccessat2"))).Program;
        Run(newer, 435).Should().Be(Bpf.Eperm);
        Run(newer, 439).Should().Be(Bpf.Eperm);
        Run(newer, 440).Should().Be(Bpf.Enosys);
    }

    [Theory]
    [InlineData("SCMP_ACT_KILL_PROCESS", Bpf.Enosys)]
    [InlineData("SCMP_ACT_ALLOW", Bpf.Allow)]
    [InlineData("SCMP_ACT_LOG", Bpf.Log)]
    [InlineData("SCMP_ACT_TRACE", Bpf.Trace | 1)]
    public void Compile_NewerThanTheProfile_DependsOnTheDefault(string action, uint expected) =>
        Run(Compile(Profile(action, Rule("SCMP_ACT_ERRNO", "getpid").Returning(95))).Program, 9999).Should().Be(expected);

    [Fact]
    public void Compile_DefaultErrnoEnosys_NeedsNoStub()
    {
        var profile = Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "getpid"));
        int withStub = Compile(profile).Program.Length;
        profile.DefaultErrnoRet = 38;
        var program = Compile(profile).Program;
        program.Length.Should().BeLessThan(withStub);
        Run(program, Read).Should().Be(Bpf.Enosys);
        Run(program, 9999).Should().Be(Bpf.Enosys);
    }

    [Fact]
    public void Compile_OnlyNativeArchitecture_EndsForeignCalls()
    {
        var program = Compile(Profile("SCMP_ACT_ALLOW", Rule("SCMP_ACT_ERRNO", "getpid"))).Program;
        Run(program, Bpf.X32Bit | Getpid).Should().Be(Bpf.Kill);
        BpfInterpreter.Run(program, new SeccompData(20, Bpf.I386)).Should().Be(Bpf.Kill);
        BpfInterpreter.Run(program, new SeccompData(172, Bpf.Aarch64)).Should().Be(Bpf.Kill);
    }

    [Fact]
    public void Compile_OtherArchitecturesNamed_KeepsTheNativeOne()
    {
        var program = Compile(Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "getpid")).On("SCMP_ARCH_X86")).Program;
        Run(program, Getpid).Should().Be(Bpf.Allow);
        BpfInterpreter.Run(program, new SeccompData(20, Bpf.I386)).Should().Be(Bpf.Allow);
        BpfInterpreter.Run(program, new SeccompData(3, Bpf.I386)).Should().Be(Bpf.Eperm);
        BpfInterpreter.Run(program, new SeccompData(21, Bpf.I386)).Should().Be(Bpf.Enosys);
    }

    [Fact]
    public void Compile_AllAbisOfTheMachine_DenyByDefaultEach()
    {
        var profile = Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "getpid", "set_mempolicy_home_node"));
        var program = Compile(profile.On("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_X86")).Program;
        foreach (var (architecture, bit, getpid) in new[] { (Bpf.X86_64, 0u, 39u), (Bpf.X86_64, Bpf.X32Bit, 39u), (Bpf.I386, 0u, 20u) })
        {
            BpfInterpreter.Run(program, new SeccompData(bit | getpid, architecture)).Should().Be(Bpf.Allow);
            BpfInterpreter.Run(program, new SeccompData(bit | SetMempolicyHomeNode, architecture)).Should().Be(Bpf.Allow);
            BpfInterpreter.Run(program, new SeccompData(bit | 2, architecture)).Should().Be(Bpf.Eperm);
            BpfInterpreter.Run(program, new SeccompData(bit | 2000, architecture)).Should().Be(Bpf.Enosys);
        }
    }

    [Fact]
    public void Compile_32BitArchitecture_ComparesTheLowHalf()
    {
        var rule = Rule("SCMP_ACT_ALLOW", "personality").Where((0, "SCMP_CMP_EQ", 0xffffffff, 0));
        var program = Compile(Profile("SCMP_ACT_ERRNO", rule).On("SCMP_ARCH_X86")).Program;
        BpfInterpreter.Run(program, new SeccompData(136, Bpf.I386, 0xffffffff)).Should().Be(Bpf.Allow);
        BpfInterpreter.Run(program, new SeccompData(136, Bpf.I386, 8)).Should().Be(Bpf.Eperm);
    }

    [Fact]
    public void Compile_OtherByteOrder_IsRefused()
    {
        var compile = () => Compile(Profile("SCMP_ACT_ALLOW").On("SCMP_ARCH_X86_64", "SCMP_ARCH_S390X"));
        compile.Should().Throw<ContainerException>().WithMessage("/linux/seccomp/architectures/1: s390x has another byte order*");
    }

    [Fact]
    public void Compile_ArchitectureThatLibseccompLacks_IsListed()
    {
        Assert.SkipUnless(Libseccomp.ResolveArchitecture("loongarch64") == 0, "this libseccomp knows loongarch64");
        var filter = Compile(Profile("SCMP_ACT_ALLOW", Rule("SCMP_ACT_ERRNO", "getpid")).On("SCMP_ARCH_LOONGARCH64"));
        filter.UnknownArchitectures.Should().Equal("loongarch64");
        Run(filter.Program, Getpid).Should().Be(Bpf.Eperm);
    }

    [Fact]
    public void Compile_RulesThatContradict_NamesTheSecond()
    {
        var compile = () => Compile(Profile("SCMP_ACT_KILL", Rule("SCMP_ACT_ERRNO", "socket").Where((0, "SCMP_CMP_EQ", 16, 0), (2, "SCMP_CMP_EQ", 9, 0)),
            Rule("SCMP_ACT_LOG", "read", "socket").Where((0, "SCMP_CMP_GT", 16, 0))).On("SCMP_ARCH_X86"));
        // On i386 both come down to socketcall(1, ...), whose other arguments are in memory.
        compile.Should().Throw<ContainerException>().Which.Place.Should().Be("/linux/seccomp/syscalls/1");
    }

    [Fact]
    public void Compile_TooManyInstructions_SaysSo()
    {
        var rules = Enumerable.Range(0, 2000).Select(i => Rule("SCMP_ACT_ALLOW", "personality").Where((0, "SCMP_CMP_EQ", (ulong)i * 0x100000001, 0))).ToArray();
        var compile = () => Compile(Profile("SCMP_ACT_ERRNO", rules));
        compile.Should().Throw<ContainerException>().WithMessage("/linux/seccomp: the filter would have * instructions, more than the 4096*");
    }

    private static uint Run(byte[] program, uint number, params ulong[] arguments) =>
        BpfInterpreter.Run(program, new SeccompData(number, Bpf.X86_64, arguments));

    private static IEnumerable<ulong> Numbers(string text) =>
        text.Split(' ').Select(word => word.StartsWith("0x", StringComparison.Ordinal) ? Convert.ToUInt64(word, 16) : ulong.Parse(word));
}
