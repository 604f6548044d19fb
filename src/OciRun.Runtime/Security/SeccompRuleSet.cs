using OciRun.Linux;
using OciRun.Spec;

namespace OciRun.Runtime.Security;

/// <summary>linux.seccomp, checked and with numbers in place of words; still with the names of the calls.</summary>
internal sealed class SeccompRuleSet
{
    private const string Place = "/linux/seccomp";
    private const uint MaxErrno = 4095; // the kernel cuts a larger one down to it (MAX_ERRNO)
    private const uint MaxTraceData = 0xffff; // SECCOMP_RET_DATA
    private const uint ArgumentCount = 6;
    private const uint EPERM = (uint)Errno.EPERM;

    private SeccompRuleSet(uint defaultAction, string[] architectures, Rule[] rules)
    {
        DefaultAction = defaultAction;
        Architectures = architectures;
        Rules = rules;
    }

    /// <summary>A rule for each of <paramref name="Names"/>.</summary>
    /// <param name="Names">The calls.</param>
    /// <param name="Action">SECCOMP_RET_* with its data.</param>
    /// <param name="Conditions">All must hold, unless <paramref name="AnyHolds"/>.</param>
    /// <param name="AnyHolds">One condition suffices: an argument occurs twice.</param>
    internal readonly record struct Rule(string[] Names, uint Action, SeccompComparison[] Conditions, bool AnyHolds);

    /// <summary>SECCOMP_RET_* with its data, for calls that no rule matches.</summary>
    internal uint DefaultAction { get; }

    /// <summary>libseccomp's names, in the order of the config; the machine's own need not be among them.</summary>
    internal string[] Architectures { get; }

    /// <summary>In the order of the config, one for each entry of syscalls.</summary>
    internal Rule[] Rules { get; }

    /// <summary>Some rule asks the listener.</summary>
    internal bool HasNotify
    {
        get
        {
            foreach (var rule in Rules)
            {
                if (rule.Action == SeccompWords.Notify)
                    return true;
            }
            return false;
        }
    }

    /// <summary>Reads and checks the section.</summary>
    /// <exception cref="ContainerException">A word that the specification does not have, or a combination that cannot work; names the
    /// place.</exception>
    internal static SeccompRuleSet Read(Seccomp profile)
    {
        uint defaultAction = Action(profile.DefaultAction, profile.DefaultErrnoRet, $"{Place}/defaultAction", $"{Place}/defaultErrnoRet");
        if (defaultAction == SeccompWords.Notify)
        {
            throw Invalid($"{Place}/defaultAction",
                "SCMP_ACT_NOTIFY cannot be the default: the calls that start the container would wait for an agent that has no descriptor yet");
        }
        var words = profile.Architectures ?? [];
        var architectures = new string[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            architectures[i] = SeccompWords.TryParseArchitecture(words[i], out string? name) ? name
                : throw Invalid($"{Place}/architectures/{i}", $"{Quote(words[i])} is no architecture of the specification");
        }
        var entries = profile.Syscalls ?? [];
        var rules = new Rule[entries.Length];
        for (int i = 0; i < entries.Length; i++)
            rules[i] = ReadRule(entries[i], $"{Place}/syscalls/{i}");
        var set = new SeccompRuleSet(defaultAction, architectures, rules);
        CheckListener(profile, set.HasNotify);
        return set;
    }

    internal static ContainerException Invalid(string place, string message) =>
        new(ErrorCode.InvalidConfig, $"{place}: {message}") { Place = place };

    private static Rule ReadRule(SeccompRule entry, string place)
    {
        if (entry?.Names is not { Length: > 0 } names)
            throw Invalid($"{place}/names", "must name at least one system call");
        uint action = Action(entry.Action, entry.ErrnoRet, $"{place}/action", $"{place}/errnoRet");
        for (int i = 0; i < names.Length; i++)
        {
            if (string.IsNullOrEmpty(names[i]))
                throw Invalid($"{place}/names/{i}", "is empty");
            // runc has the same rule, so that profiles for it and for us do not differ.
            if (action == SeccompWords.Notify && names[i] == "write")
            {
                throw Invalid($"{place}/names/{i}",
                    "SCMP_ACT_NOTIFY cannot be used for write: the runtime would wait for the agent before it has handed over the descriptor");
            }
        }
        var arguments = entry.Args ?? [];
        if (arguments.Length == 0)
            return new Rule(names, action, [], false);
        var conditions = new SeccompComparison[arguments.Length];
        int seen = 0;
        bool twice = false;
        for (int i = 0; i < arguments.Length; i++)
        {
            conditions[i] = Condition(arguments[i], $"{place}/args/{i}");
            twice |= (seen & (1 << (int)conditions[i].Argument)) != 0;
            seen |= 1 << (int)conditions[i].Argument;
        }
        return new Rule(names, action, conditions, twice);
    }

    private static SeccompComparison Condition(SeccompArgument argument, string place)
    {
        if (argument is null)
            throw Invalid(place, "must be an object");
        if (argument.Index >= ArgumentCount)
            throw Invalid($"{place}/index", $"{argument.Index} is out of range: system calls have arguments 0 to 5");
        if (argument.Op is null || !SeccompWords.TryParseOperator(argument.Op, out var comparison))
            throw Invalid($"{place}/op", $"{Quote(argument.Op)} is no operator (SCMP_CMP_EQ, _NE, _LT, _LE, _GT, _GE, _MASKED_EQ)");
        return new SeccompComparison(argument.Index, comparison, argument.Value, argument.ValueTwo);
    }

    private static uint Action(string? word, uint? errnoRet, string place, string errnoPlace)
    {
        if (string.IsNullOrEmpty(word))
            throw Invalid(place, "is missing");
        if (!SeccompWords.TryParseAction(word, out uint action))
            throw Invalid(place, $"{Quote(word)} is no action (SCMP_ACT_ALLOW, _ERRNO, _KILL, _KILL_PROCESS, _KILL_THREAD, _LOG, _NOTIFY, _TRACE, _TRAP)");
        if (action is not (SeccompWords.Error or SeccompWords.Trace))
        {
            // The specification wants an error here, config-linux.md "errnoRet".
            return errnoRet is null ? action : throw Invalid(errnoPlace, $"{word} has no errno: only SCMP_ACT_ERRNO and SCMP_ACT_TRACE have");
        }
        uint largest = action == SeccompWords.Error ? MaxErrno : MaxTraceData;
        return errnoRet is null or 0 || errnoRet <= largest
            ? action | (errnoRet ?? EPERM)
            : throw Invalid(errnoPlace, $"{errnoRet} is out of range: {word} takes 0 to {largest}");
    }

    private static void CheckListener(Seccomp profile, bool notify)
    {
        if (string.IsNullOrEmpty(profile.ListenerPath))
        {
            if (!string.IsNullOrEmpty(profile.ListenerMetadata))
                throw Invalid($"{Place}/listenerMetadata", "must not be set without listenerPath");
            if (notify)
                throw Invalid($"{Place}/listenerPath", "is missing, and a rule has the action SCMP_ACT_NOTIFY");
        }
    }

    private static string Quote(string? word) => word is null ? "null" : $"\"{word}\"";
}
