using System.Globalization;
using OciRun.Linux;
using OciRun.Runtime.Security;
using OciRun.Spec;

namespace OciRun.Runtime.Lifecycle;

/// <summary>ocirun seccomp: what the profile of a bundle is compiled to, and what it does with a call. Nothing is loaded, and no cache is asked.</summary>
public static class SeccompInspector
{
    private const string Place = "/linux/seccomp";
    private const int MaxArguments = 6;

    /// <summary>The compiled filter.</summary>
    /// <param name="runtime">Gets the warnings.</param>
    /// <param name="directory">Absolute path of the bundle.</param>
    /// <param name="architecture">Only what is for it: a word of the specification, or libseccomp's (x86_64); null: all.</param>
    /// <exception cref="ContainerException">There is no profile, or it cannot be compiled; the architecture is not in it.</exception>
    public static SeccompListing Dump(RuntimeOptions runtime, string directory, string? architecture)
    {
        Bundle bundle = Bundle.Read(directory, null, runtime.Diagnostics);
        (SeccompRuleSet rules, CompiledFilter filter) = Compile(bundle);
        SeccompReasoning reasoning = new(rules, filter.Program);
        uint? token = architecture is null ? null : Token(architecture);
        if (token is { } asked && !reasoning.HasArchitecture(asked))
        {
            throw Usage($"the profile is not for {SyscallNames.Architecture(asked)}: it has {string.Join(", ", reasoning.Architectures)}");
        }

        return new SeccompListing(
            reasoning.Architectures, Flags(bundle), filter.UnknownSyscalls, filter.Program.Length / BpfInstruction.Size,
            BpfListing.Of(filter.Program, new SeccompQuestion(token)));
    }

    /// <summary>What the filter does with a call.</summary>
    /// <param name="runtime">Gets the warnings.</param>
    /// <param name="directory">Absolute path of the bundle.</param>
    /// <param name="architecture">As for <see cref="Dump"/>; null: this machine's.</param>
    /// <param name="call">Name, or number.</param>
    /// <param name="arguments">Numbers, or "_" for any; those that are missing may be anything.</param>
    /// <exception cref="ContainerException">As for <see cref="Dump"/>; the call is unknown; or the compiled filter does what the profile does not say.</exception>
    public static SeccompAnswer Explain(RuntimeOptions runtime, string directory, string? architecture, string call, IReadOnlyList<string> arguments)
    {
        uint token = architecture is null ? Libseccomp.NativeArchitecture : Token(architecture);
        uint number = Number(token, call);
        if (token == FilterAssembly.X86_64 && number >= FilterAssembly.X32Bit)
        {
            token = FilterAssembly.X32Token;
        }

        ulong?[] values = Arguments(arguments);
        Bundle bundle = Bundle.Read(directory, null, runtime.Diagnostics);
        (SeccompRuleSet rules, CompiledFilter filter) = Compile(bundle);
        SeccompReasoning reasoning = new(rules, filter.Program);
        List<SeccompMatch> matches = reasoning.Answer(new SeccompQuestion(token, number, values));
        return new SeccompAnswer(
            SyscallNames.Name(token, number), number, SyscallNames.Architecture(token), values, Flags(bundle), filter.Program.Length / BpfInstruction.Size,
            matches.ConvertAll(match => Outcome(match, bundle, reasoning)));
    }

    private static SeccompOutcome Outcome(SeccompMatch match, Bundle bundle, SeccompReasoning reasoning)
    {
        bool isRule = match.Reason == SeccompReason.Rule;
        return new SeccompOutcome(
            SeccompWords.Describe(match.Action),
            (match.Action & SeccompWords.ActionMask) == SeccompWords.Error ? SeccompWords.ErrnoName(match.Action) : null,
            match.Reason, match.Place, ConfigReader.Locate(bundle.Text, match.Place).Line,
            isRule ? reasoning.Conditions(match.Rule) : [], isRule && reasoning.AnyHolds(match.Rule));
    }

    private static (SeccompRuleSet Rules, CompiledFilter Filter) Compile(Bundle bundle)
    {
        Seccomp profile = bundle.Config.Linux?.Seccomp
            ?? throw new ContainerException(ErrorCode.Seccomp, $"{Place}: is missing: no filter is loaded, and every call is allowed") { Place = Place };
        SeccompRuleSet rules = SeccompRuleSet.Read(profile);
        return (rules, SeccompCompiler.Compile(rules));
    }

    /// <summary>What the filter is loaded with; SPEC_ALLOW where the config says nothing.</summary>
    private static string[] Flags(Bundle bundle) => bundle.Config.Linux!.Seccomp!.Flags ?? ["SECCOMP_FILTER_FLAG_SPEC_ALLOW"];

    private static uint Token(string word)
    {
        if (!SeccompWords.TryParseArchitecture(word, out string? name) && !SeccompWords.TryParseArchitecture("SCMP_ARCH_" + word.ToUpperInvariant(), out name))
        {
            throw Usage($"{Quoting.Quote(word)} is no architecture of the specification ({string.Join(", ", SeccompWords.Architectures)})");
        }

        return Libseccomp.ResolveArchitecture(name) is not 0 and var token ? token
            : throw new ContainerException(ErrorCode.Unsupported, $"libseccomp {Libseccomp.Version} does not know the architecture {name}");
    }

    private static uint Number(uint token, string call)
    {
        if (TryParse(call, out ulong number))
        {
            return number <= uint.MaxValue ? (uint)number : throw Usage($"{call} is no number of a system call: they have 32 bits");
        }

        return SyscallNames.Number(token, call)
            ?? throw Usage(Libseccomp.ResolveSyscall(call) == Libseccomp.UnknownSyscall
                ? $"libseccomp {Libseccomp.Version} knows no system call {Quoting.Quote(call)}; rules for it are left out"
                : $"{SyscallNames.Architecture(token)} has no system call {Quoting.Quote(call)}; --arch names another architecture");
    }

    private static ulong?[] Arguments(IReadOnlyList<string> words)
    {
        if (words.Count > MaxArguments)
        {
            throw Usage($"a system call has at most {MaxArguments} arguments, not {words.Count}");
        }

        var values = new ulong?[words.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = words[i] is "_" ? null
                : TryParse(words[i], out ulong value) ? value : throw Usage($"{Quoting.Quote(words[i])} is no argument: it is a number (also 0x… and -1), or _ for any");
        }

        return values;
    }

    /// <summary>Decimal, also negative, or hexadecimal.</summary>
    private static bool TryParse(string word, out ulong value)
    {
        if (word.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return ulong.TryParse(word.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        }

        if (long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long signed) && word[0] == '-')
        {
            value = (ulong)signed;
            return true;
        }

        return ulong.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    private static ContainerException Usage(string message) => new(ErrorCode.Usage, message);
}
