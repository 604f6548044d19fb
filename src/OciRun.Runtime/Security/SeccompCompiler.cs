using System.Runtime.InteropServices;
using OciRun.Linux;

namespace OciRun.Runtime.Security;

/// <summary>Makes a program of a profile, with libseccomp.</summary>
internal static class SeccompCompiler
{
    /// <summary>
    /// Part of the key of the cache: raise it with every change here, in <see cref="EnosysStub"/> or in <see cref="SeccompRuleSet"/> that can
    /// change a program.
    /// </summary>
    internal const uint Revision = 1;

    /// <summary>
    /// From how many rules on the program is a binary tree. It is 1.25 times as long, but the kernel, which at the time of loading follows it for every number
    /// of a call, needs 0.43 ms for podman's profile and not 0.80 (Linux 6.18). Without any rule it is wrong (libseccomp#370, up to 2.5.4).
    /// </summary>
    private const int TreeThreshold = 32;

    /// <summary>Compiles.</summary>
    /// <exception cref="ContainerException">libseccomp or the kernel cannot do what the profile asks for.</exception>
    internal static CompiledFilter Compile(SeccompRuleSet profile, Libseccomp library)
    {
        List<string> unknownSyscalls = [], unknownArchitectures = [];
        List<uint> tokens = [library.NativeArchitecture];
        try
        {
            using var filter = library.CreateFilter(profile.DefaultAction);
            AddArchitectures(profile, library, filter, tokens, unknownArchitectures);
            if (AddRules(profile, library, filter, unknownSyscalls) > TreeThreshold)
                filter.UseBinaryTree();
            var stub = EnosysStub.IsWorthIt(profile.DefaultAction) ? EnosysStub.Build(FindHorizons(profile, library, tokens)) : [];
            byte[] program = [.. MemoryMarshal.AsBytes(stub.AsSpan()), .. filter.Export()];
            return new CompiledFilter(CheckSize(program), unknownSyscalls, unknownArchitectures);
        }
        catch (LinuxException e)
        {
            throw new ContainerException(ErrorCode.Seccomp, $"/linux/seccomp: libseccomp {library.Version} cannot make the filter: {e.Message}", e)
            {
                Place = "/linux/seccomp",
                Call = e.Call,
                Errno = e.Errno,
            };
        }
    }

    private static void AddArchitectures(
        SeccompRuleSet profile, Libseccomp library, LibseccompFilter filter, List<uint> tokens, List<string> unknown)
    {
        for (int i = 0; i < profile.Architectures.Length; i++)
        {
            string name = profile.Architectures[i];
            uint token = library.ResolveArchitecture(name);
            if (token == 0)
            {
                // No kernel that runs this library's programs has that architecture beside its own: nothing is lost.
                unknown.Add(name);
                continue;
            }
            if (!filter.TryAddArchitecture(token, out var errno))
            {
                string place = $"/linux/seccomp/architectures/{i}";
                throw errno == Errno.EDOM
                    ? SeccompRuleSet.Invalid(place, $"{name} has another byte order than this machine, and one filter cannot hold both: remove it")
                    : Refused(library, place, $"the architecture {name}", "seccomp_arch_add", errno);
            }
            if (!tokens.Contains(token))
                tokens.Add(token);
        }
    }

    private static int AddRules(SeccompRuleSet profile, Libseccomp library, LibseccompFilter filter, List<string> unknown)
    {
        int added = 0;
        for (int i = 0; i < profile.Rules.Length; i++)
        {
            var rule = profile.Rules[i];
            foreach (string name in rule.Names)
            {
                int number = library.ResolveSyscall(name);
                if (number == Libseccomp.UnknownSyscall)
                    unknown.Add(name);
                else if (rule.Action != profile.DefaultAction) // libseccomp refuses such a rule, and nothing would change
                    added += AddRule(library, filter, rule, name, number, i);
            }
        }
        return added;
    }

    private static int AddRule(Libseccomp library, LibseccompFilter filter, in SeccompRuleSet.Rule rule, string name, int number, int index)
    {
        // libseccomp takes an argument only once in a rule. runc and crun then make a rule of each condition: any of them suffices.
        int each = rule.AnyHolds ? 1 : rule.Conditions.Length;
        int at = 0;
        do
        {
            if (!filter.TryAddRule(rule.Action, number, rule.Conditions.AsSpan(at, each), out var errno))
                throw Refused(library, $"/linux/seccomp/syscalls/{index}", $"the rule for {name}", "seccomp_rule_add", errno);
            at += each;
        }
        while (at < rule.Conditions.Length);
        return 1;
    }

    private static List<EnosysStub.Horizon> FindHorizons(SeccompRuleSet profile, Libseccomp library, List<uint> tokens)
    {
        List<EnosysStub.Horizon> horizons = [];
        foreach (uint token in tokens)
        {
            int highest = 0;
            foreach (var rule in profile.Rules)
            {
                foreach (string name in rule.Names)
                    highest = Math.Max(highest, library.ResolveSyscall(token, name));
            }
            if (highest > 0)
                horizons.Add(new(token, (uint)highest));
        }
        return horizons;
    }

    private static byte[] CheckSize(byte[] program)
    {
        int count = program.Length / BpfInstruction.Size;
        return count <= BpfProgram.MaxInstructions ? program : throw new ContainerException(
            ErrorCode.Seccomp,
            $"/linux/seccomp: the filter would have {count} instructions, more than the {BpfProgram.MaxInstructions} that the kernel takes: "
            + "name fewer architectures, or fewer conditions on arguments")
        {
            Place = "/linux/seccomp",
        };
    }

    private static ContainerException Refused(Libseccomp library, string place, string what, string call, Errno errno) =>
        new(ErrorCode.Seccomp, $"{place}: libseccomp {library.Version} does not take {what}: {call} returned {errno}"
            + (errno == Errno.EEXIST ? ", as another rule for it covers the same arguments with another action" : ""))
        {
            Place = place,
            Call = call,
            Errno = errno,
        };
}
