using OciRun.Runtime.Security;
using OciRun.Spec;

namespace OciRun.Runtime.Tests.Security;

/// <summary>The profile of real containers: every number of a call, on each of the three ABIs, does what the profile says.</summary>
public sealed class PodmanProfileTests
{
    [Theory]
    [InlineData(null)] // podman's own: ENOSYS
    [InlineData(1u)] // moby's: EPERM, with our stub for what is newer
    public void Compile_EveryCallOnEveryAbi_DoesWhatTheProfileSays(uint? defaultErrno)
    {
        Machine.RequireX86_64();
        var profile = PodmanProfile.Require();
        profile.DefaultErrnoRet = defaultErrno ?? profile.DefaultErrnoRet;
        var filter = Profiles.Compile(profile);
        BpfProgram.IsWellFormed(filter.Program).Should().BeTrue();
        int allowed = CheckAbi(filter, profile, "64", Bpf.X86_64, 0, is32Bit: false);
        allowed += CheckAbi(filter, profile, "x32", Bpf.X86_64, Bpf.X32Bit, is32Bit: true); // so libseccomp sees it
        allowed += CheckAbi(filter, profile, "32", Bpf.I386, 0, is32Bit: true);
        allowed.Should().BeGreaterThan(900, "the three tables are not empty");
    }

    [Fact]
    public void Compile_DeniedCall_IsFoundInFewSteps()
    {
        Machine.RequireX86_64();
        var filter = Profiles.Compile(PodmanProfile.Require());
        for (uint number = 0; number < 460; number++)
        {
            BpfInterpreter.Run(filter.Program, new SeccompData(number, Bpf.X86_64), out int steps);
            steps.Should().BeLessThan(60, $"call {number}: the program should be a tree of {filter.Program.Length / 8} instructions");
        }
    }

    private static int CheckAbi(CompiledFilter filter, Seccomp profile, string table, uint architecture, uint bit, bool is32Bit)
    {
        var oracle = new Oracle(profile, Machine.RequireSyscallTable(table), filter.UnknownSyscalls, is32Bit);
        int allowed = 0;
        List<string> wrong = [];
        for (uint number = 0; number < 700; number++)
        {
            foreach (var arguments in oracle.Interesting(bit | number))
            {
                var data = new SeccompData(bit | number, architecture, arguments);
                uint action = BpfInterpreter.Run(filter.Program, data);
                if (!oracle.Expected(data).Contains(action))
                    wrong.Add($"{table} {number}({string.Join(", ", arguments)}): {action:x}, not {oracle.Expected(data).First():x}");
                allowed += action == Bpf.Allow ? 1 : 0;
            }
        }
        wrong.Should().BeEmpty();
        return allowed;
    }
}
