using OciRun.Runtime.Security;
using OciRun.Spec;

namespace OciRun.Runtime.Tests.Security;

/// <summary>What a profile says of a call, read off the profile: the actions of all rules that match, else the default or ENOSYS.</summary>
internal sealed class Oracle
{
    private readonly Dictionary<uint, List<SeccompRule>> _rules = [];
    private readonly uint _default;
    private readonly uint _highest;
    private readonly bool _is32Bit;

    /// <param name="profile">The profile.</param>
    /// <param name="table">The numbers of an ABI.</param>
    /// <param name="unknown">Names that the compiler did not know.</param>
    /// <param name="is32Bit">Arguments have 32 bits.</param>
    internal Oracle(Seccomp profile, Dictionary<string, uint> table, IReadOnlyList<string> unknown, bool is32Bit)
    {
        _is32Bit = is32Bit;
        _default = Action(profile.DefaultAction!, profile.DefaultErrnoRet);
        foreach (var rule in profile.Syscalls!)
        {
            foreach (string name in rule.Names!)
            {
                if (unknown.Contains(name) || !table.TryGetValue(name, out uint number))
                    continue;
                _highest = Math.Max(_highest, number);
                if (!_rules.TryGetValue(number, out var list))
                    _rules[number] = list = [];
                list.Add(rule);
            }
        }
    }

    /// <summary>Every action that the program may return.</summary>
    internal HashSet<uint> Expected(SeccompData data)
    {
        HashSet<uint> matching = [];
        if (_rules.TryGetValue(data.Number, out var rules))
            matching = [.. rules.Where(rule => Matches(rule, data)).Select(rule => Action(rule.Action!, rule.ErrnoRet)).Where(action => action != _default)];
        if (matching.Count > 0)
            return matching;
        return data.Number > _highest && (_default & 0xffff0000) is not (Bpf.Allow or Bpf.Log or Bpf.Trace) ? [Bpf.Enosys] : [_default];
    }

    /// <summary>Arguments worth trying on a call: around every number that its rules compare with.</summary>
    internal IEnumerable<ulong[]> Interesting(uint number)
    {
        yield return [0, 0, 0, 0, 0, 0];
        if (!_rules.TryGetValue(number, out var rules))
            yield break;
        var conditions = rules.SelectMany(rule => rule.Args ?? []).ToList();
        var random = new Random((int)number);
        for (int i = 0; i < 200 && conditions.Count > 0; i++)
        {
            var arguments = new ulong[6];
            foreach (var condition in conditions.OrderBy(_ => random.Next()))
            {
                ulong value = random.Next(2) == 0 ? condition.Value : condition.ValueTwo;
                value += (ulong)random.Next(-1, 2) + (random.Next(8) == 0 && !_is32Bit ? 1ul << 32 : 0);
                arguments[condition.Index] = _is32Bit ? (uint)value : value;
            }
            yield return arguments;
        }
    }

    private static uint Action(string word, uint? errno)
    {
        if (!SeccompWords.TryParseAction(word, out uint action))
            throw new InvalidOperationException(word);
        return action | (action is 0x50000 or Bpf.Trace ? errno ?? 1 : 0);
    }

    private bool Matches(SeccompRule rule, SeccompData data)
    {
        var conditions = rule.Args ?? [];
        bool twice = conditions.Select(condition => condition.Index).Distinct().Count() < conditions.Length;
        return conditions.Length == 0
            || (twice ? conditions.Any(condition => Holds(condition, data)) : conditions.All(condition => Holds(condition, data)));
    }

    private bool Holds(SeccompArgument condition, SeccompData data)
    {
        ulong argument = data.Arguments[condition.Index], value = condition.Value, valueTwo = condition.ValueTwo;
        if (_is32Bit)
            (argument, value, valueTwo) = ((uint)argument, (uint)value, (uint)valueTwo);
        return condition.Op switch
        {
            "SCMP_CMP_EQ" => argument == value,
            "SCMP_CMP_NE" => argument != value,
            "SCMP_CMP_LT" => argument < value,
            "SCMP_CMP_LE" => argument <= value,
            "SCMP_CMP_GT" => argument > value,
            "SCMP_CMP_GE" => argument >= value,
            "SCMP_CMP_MASKED_EQ" => (argument & value) == valueTwo,
            _ => throw new InvalidOperationException(condition.Op),
        };
    }
}
