using OciRun.Linux;

namespace OciRun.Runtime.Security;

/// <summary>Makes a program of a profile, with libseccomp.</summary>
internal static class SeccompCompiler
{
    /// <summary>
    /// From how many rules on the program is a binary tree. It is 1.25 times as long, but the kernel, which at the time of loading
    /// follows it for every number
    /// of a call, needs 0.43 ms for podman's profile and not 0.80 (Linux 6.18). Without any rule it is wrong (libseccomp#370, up to 2.5.4).
    /// </summary>
    private const int TreeThreshold = 32;

    /// <summary>Compiles.</summary>
    /// <exception cref="ContainerException">libseccomp or the kernel cannot do what the profile asks for.</exception>
    internal static CompiledFilter Compile(SeccompRuleSet profile)
    {
        List<string> unknownSyscalls = [], unknownArchitectures = [];
        var numbers = ResolveNames(profile, unknownSyscalls);
        var tokens = ResolveArchitectures(profile, unknownArchitectures);
        bool deniesNewer = FilterAssembly.DeniesNewerCalls(profile.DefaultAction);
        List<FilterAssembly.Part> parts = [];
        try
        {
            foreach (var (token, index) in tokens)
            {
                uint? highest = deniesNewer ? FindHighestCall(profile, token) : null;
                parts.Add(new(token, highest, CompileFor(profile, numbers, token, index)));
            }
        }
        catch (LinuxException e)
        {
            throw new ContainerException(ErrorCode.Seccomp, $"/linux/seccomp: libseccomp {Libseccomp.Version} cannot make the filter: {e.Message}", e)
            {
                Place = "/linux/seccomp",
                Call = e.Call,
                Errno = e.Errno,
            };
        }
        return new CompiledFilter(CheckSize(FilterAssembly.Assemble(parts)), unknownSyscalls, unknownArchitectures);
    }

    /// <summary>Of each rule the number of each name: this machine's, or libseccomp's own for calls that only others have.</summary>
    private static int[][] ResolveNames(SeccompRuleSet profile, List<string> unknown)
    {
        var numbers = new int[profile.Rules.Length][];
        for (int i = 0; i < numbers.Length; i++)
        {
            var names = profile.Rules[i].Names;
            numbers[i] = new int[names.Length];
            for (int j = 0; j < names.Length; j++)
            {
                numbers[i][j] = Libseccomp.ResolveSyscall(names[j]);
                if (numbers[i][j] == Libseccomp.UnknownSyscall)
                    unknown.Add(names[j]);
            }
        }
        return numbers;
    }

    /// <summary>
    /// Each architecture once, with its index in the config; first this machine's, which is filtered even when it is not named (index
    /// -1).
    /// </summary>
    internal static List<(uint Token, int Index)> ResolveArchitectures(SeccompRuleSet profile, List<string> unknown)
    {
        List<(uint Token, int Index)> tokens = [(Libseccomp.NativeArchitecture, -1)];
        for (int i = 0; i < profile.Architectures.Length; i++)
        {
            uint token = Libseccomp.ResolveArchitecture(profile.Architectures[i]);
            // One that is unknown cannot be this machine's or run here beside it: libseccomp has had those from its beginning. Nothing is
            // lost.
            if (token == 0)
                unknown.Add(profile.Architectures[i]);
            else if (!tokens.Exists(known => known.Token == token))
                tokens.Add((token, i));
        }
        return tokens;
    }

    private static byte[] CompileFor(SeccompRuleSet profile, int[][] numbers, uint token, int index)
    {
        using var filter = new LibseccompFilter(profile.DefaultAction);
        if (index >= 0 && !filter.TryReplaceArchitecture(token, out var errno))
        {
            string place = $"/linux/seccomp/architectures/{index}", name = profile.Architectures[index];
            throw errno == Errno.EDOM
                ? SeccompRuleSet.Invalid(place, $"{name} has another byte order than this machine, and one filter cannot hold both: remove it")
                : Refused(place, $"the architecture {name}", "seccomp_arch_add", errno);
        }
        int added = 0;
        for (int i = 0; i < numbers.Length; i++)
        {
            var rule = profile.Rules[i];
            if (rule.Action == profile.DefaultAction) // libseccomp refuses such a rule, and nothing would change
                continue;
            for (int j = 0; j < numbers[i].Length; j++)
            {
                if (numbers[i][j] == Libseccomp.UnknownSyscall)
                    continue;
                AddRule(filter, rule, j, numbers[i][j], i);
                added++;
            }
        }
        if (added > TreeThreshold)
            filter.UseBinaryTree();
        return filter.Export();
    }

    private static void AddRule(LibseccompFilter filter, in SeccompRuleSet.Rule rule, int name, int number, int index)
    {
        // libseccomp takes an argument only once in a rule. runc and crun then make a rule of each condition: any of them suffices.
        int each = rule.AnyHolds ? 1 : rule.Conditions.Length;
        int at = 0;
        do
        {
            if (!filter.TryAddRule(rule.Action, number, rule.Conditions.AsSpan(at, each), out var errno))
                throw Refused($"/linux/seccomp/syscalls/{index}", $"the rule for {rule.Names[name]}", "seccomp_rule_add", errno);
            at += each;
        }
        while (at < rule.Conditions.Length);
    }

    // All rules count, those of the default action too: whoever wrote the name knew the call.
    internal static uint? FindHighestCall(SeccompRuleSet profile, uint token)
    {
        int highest = 0;
        foreach (var rule in profile.Rules)
        {
            foreach (string name in rule.Names)
                highest = Math.Max(highest, Libseccomp.ResolveSyscall(token, name));
        }
        return highest > 0 ? (uint)highest : null;
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

    private static ContainerException Refused(string place, string what, string call, Errno errno) =>
        new(ErrorCode.Seccomp, $"{place}: libseccomp {Libseccomp.Version} does not take {what}: {call} returned {errno}"
            + (errno == Errno.EEXIST ? ", as another rule for it covers the same arguments with another action" : ""))
        {
            Place = place,
            Call = call,
            Errno = errno,
        };
}
