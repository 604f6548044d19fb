using OciRun.Linux;

namespace OciRun.Runtime.Security;

/// <summary>
/// What a profile says of a call, read off its rules, and held against the compiled program: which of the rules it was is known to the profile only, what happens
/// to the program only.
/// </summary>
internal sealed class SeccompReasoning
{
    private const uint Is64Bit = 0x80000000, IsMips64N32 = 0x20000000; // __AUDIT_ARCH_64BIT, __AUDIT_ARCH_CONVENTION_MIPS64_N32

    private readonly SeccompRuleSet _rules;
    private readonly byte[] _program;
    private readonly List<(uint Token, int Index)> _architectures;
    private readonly List<Table> _tables = [];

    /// <summary>What the profile has for one architecture: the numbers of its rules' names, and the highest.</summary>
    private sealed record Table(uint Token, uint[][] Numbers, uint? Highest);

    /// <param name="rules">The profile.</param>
    /// <param name="program">What was compiled of it.</param>
    internal SeccompReasoning(SeccompRuleSet rules, byte[] program)
    {
        _rules = rules;
        _program = program;
        _architectures = SeccompCompiler.ResolveArchitectures(rules, []);
    }

    /// <summary>libseccomp's words for the architectures of the filter; this machine's first.</summary>
    internal string[] Architectures
    {
        get
        {
            var words = new string[_architectures.Count];
            for (int i = 0; i < words.Length; i++)
                words[i] = SyscallNames.Architecture(_architectures[i].Token);
            return words;
        }
    }

    /// <summary>The filter is for this architecture, SCMP_ARCH_*; calls of others end their thread.</summary>
    internal bool HasArchitecture(uint token) => _architectures.Exists(known => known.Token == token);

    /// <summary>
    /// All that may happen to a call: one match where that is certain, else a match for each rule that can be the one, and the default.
    /// </summary>
    /// <param name="question">The call; architecture and number are known.</param>
    /// <exception cref="ContainerException">The program does something that the profile does not say.</exception>
    internal List<SeccompMatch> Answer(SeccompQuestion question)
    {
        uint[] reached = BpfFlow.Actions(_program, question);
        var said = Candidates(question);
        foreach (uint action in reached)
        {
            // Of two comparisons of one argument only one way may be open in truth: a default beside what is certain is no difference then.
            bool isOpen = reached.Length > 1 && action == Default(question).Action;
            if (!isOpen && Find(said, action) is null)
                throw Difference(question, action, said);
        }
        if (reached.Length == 1)
            return [(Find(said, reached[0], isCertain: true) ?? Find(said, reached[0])!) with { IsCertain = true }];
        said.RemoveAll(match => Array.IndexOf(reached, match.Action) < 0);
        return said;
    }

    /// <summary>The answer to a call that was made; the same exception.</summary>
    internal SeccompMatch Answer(SeccompData data)
    {
        uint token = Token(data);
        uint action = BpfInterpreter.Run(_program, data);
        var arguments = new ulong?[data.Arguments.Length];
        for (int i = 0; i < arguments.Length; i++)
            arguments[i] = data.Arguments[i];
        var question = new SeccompQuestion(token, data.Number, arguments);
        var said = Candidates(question);
        return Find(said, action) ?? throw Difference(question, action, said);
    }

    private static SeccompMatch? Find(List<SeccompMatch> matches, uint action, bool isCertain = false) =>
        matches.Find(match => match.Action == action && (match.IsCertain || !isCertain));

    /// <summary>The ABI of a call, as libseccomp counts them.</summary>
    internal static uint Token(SeccompData data) =>
        data.Architecture == FilterAssembly.X86_64 && data.Number >= FilterAssembly.X32Bit ? FilterAssembly.X32Token : data.Architecture;

    /// <summary>The conditions of a rule, one text each.</summary>
    internal string[] Conditions(int rule)
    {
        var conditions = _rules.Rules[rule].Conditions;
        var texts = new string[conditions.Length];
        for (int i = 0; i < texts.Length; i++)
            texts[i] = Text(conditions[i]);
        return texts;
    }

    private static string Text(in SeccompComparison condition)
    {
        string name = $"arg{condition.Argument}", value = Hex(condition.DatumA);
        return condition.Operator switch
        {
            SeccompOperator.NotEqual => $"{name} != {value}",
            SeccompOperator.Less => $"{name} < {value}",
            SeccompOperator.LessOrEqual => $"{name} <= {value}",
            SeccompOperator.Equal => $"{name} == {value}",
            SeccompOperator.GreaterOrEqual => $"{name} >= {value}",
            SeccompOperator.Greater => $"{name} > {value}",
            _ => $"{name} & {value} == {Hex(condition.DatumB)}",
        };
    }

    /// <summary>Any of the conditions suffices: an argument occurs twice.</summary>
    internal bool AnyHolds(int rule) => _rules.Rules[rule].AnyHolds;

    /// <summary>Small numbers as they are, else hexadecimal.</summary>
    internal static string Hex(ulong value) => value < 10 ? $"{value}" : $"0x{value:x}";

    private List<SeccompMatch> Candidates(SeccompQuestion question)
    {
        uint token = question.Token!.Value;
        if (!HasArchitecture(token))
        {
            // -1 is what a tracer makes of a call that it takes out: libseccomp does not count it to x32, and no rule has it.
            return [token == FilterAssembly.X32Token && question.Number == SyscallNames.None
                ? new(_rules.DefaultAction, SeccompReason.Default, IsCertain: true) : new(SeccompWords.Kill, SeccompReason.Architecture, IsCertain: true)];
        }
        List<SeccompMatch> found = [], silent = [];
        var table = Of(token);
        string[]? kinds = SyscallNames.Kinds(SyscallNames.Name(token, question.Number!.Value));
        for (int i = 0; i < table.Numbers.Length; i++)
        {
            // libseccomp leaves rules out that say what the default says.
            var list = _rules.Rules[i].Action == _rules.DefaultAction ? silent : found;
            for (int j = 0; j < table.Numbers[i].Length; j++)
            {
                if (Matches(i, table.Numbers[i][j], question, kinds) is { } isCertain)
                    list.Add(new(_rules.Rules[i].Action, SeccompReason.Rule, isCertain, i, j));
            }
        }
        return found.Exists(static match => match.IsCertain) ? found : [.. found, .. silent, Default(question)];
    }

    /// <summary>For a call that no rule applies to.</summary>
    private SeccompMatch Default(SeccompQuestion question)
    {
        uint token = question.Token!.Value;
        bool isNewer = FilterAssembly.DeniesNewerCalls(_rules.DefaultAction)
            && Of(token).Highest is { } highest && FilterAssembly.IsNewer(token, question.Number!.Value, highest);
        return isNewer ? new(FilterAssembly.ReturnEnosys, SeccompReason.Newer, IsCertain: false) : new(_rules.DefaultAction, SeccompReason.Default, IsCertain: false);
    }

    private Table Of(uint token)
    {
        if (_tables.Find(known => known.Token == token) is { } table)
            return table;
        var numbers = new uint[_rules.Rules.Length][];
        for (int i = 0; i < numbers.Length; i++)
        {
            string[] names = _rules.Rules[i].Names;
            numbers[i] = new uint[names.Length];
            for (int j = 0; j < names.Length; j++)
                numbers[i][j] = SyscallNames.Number(token, names[j]) ?? SyscallNames.None;
        }
        _tables.Add(table = new Table(token, numbers, SeccompCompiler.FindHighestCall(_rules, token)));
        return table;
    }

    /// <summary>Whether a rule for a number applies to a call: null for no, false for perhaps.</summary>
    private bool? Matches(int rule, uint number, SeccompQuestion question, string[]? kinds)
    {
        uint token = question.Token!.Value;
        if (number == SyscallNames.None) // before it is compared: a program can call -1
            return null;
        if (number == question.Number)
            return Holds(_rules.Rules[rule], question, Is32Bit(token));
        if (kinds is null)
            return null;
        int kind = Array.IndexOf(kinds, SyscallNames.Name(token, number));
        if (kind < 1 || (question.Argument(0) is { } asked && (uint)asked != kind))
            return null;
        // The arguments of a kind are in memory, where no filter looks.
        return _rules.Rules[rule].Conditions.Length == 0 && question.Argument(0) is not null;
    }

    /// <inheritdoc cref="Matches"/>
    private static bool? Holds(in SeccompRuleSet.Rule rule, SeccompQuestion question, bool is32Bit)
    {
        bool isOpen = false, holds = false;
        foreach (var condition in rule.Conditions)
        {
            bool? one = question.Argument(condition.Argument) is { } argument ? Holds(condition, argument, is32Bit ? uint.MaxValue : ulong.MaxValue) : null;
            if (one is false && !rule.AnyHolds)
                return null;
            isOpen |= one is null;
            holds |= one is true;
        }
        if (rule.AnyHolds)
            return holds ? true : isOpen ? false : null;
        return !isOpen;
    }

    private static bool Holds(in SeccompComparison condition, ulong argument, ulong width)
    {
        ulong value = argument & width, a = condition.DatumA & width, b = condition.DatumB & width;
        return condition.Operator switch
        {
            SeccompOperator.NotEqual => value != a,
            SeccompOperator.Less => value < a,
            SeccompOperator.LessOrEqual => value <= a,
            SeccompOperator.Equal => value == a,
            SeccompOperator.GreaterOrEqual => value >= a,
            SeccompOperator.Greater => value > a,
            _ => (value & a) == b,
        };
    }

    private static bool Is32Bit(uint token) => (token & Is64Bit) == 0 || (token & IsMips64N32) != 0;

    private static ContainerException Difference(SeccompQuestion question, uint action, List<SeccompMatch> said)
    {
        string profile = string.Join(" or ", said.ConvertAll(static match => $"{SeccompWords.DescribeFully(match.Action)} by {match.Place}"));
        string call = SyscallNames.Name(question.Token!.Value, question.Number!.Value) ?? $"{question.Number}";
        return new ContainerException(ErrorCode.Seccomp,
            $"/linux/seccomp: the compiled filter does {SeccompWords.DescribeFully(action)} with {call} on {SyscallNames.Architecture(question.Token.Value)}, where the profile says {profile}: "
            + $"this is a fault of ocirun or of libseccomp {Libseccomp.Version}, please report it")
        { Place = "/linux/seccomp" };
    }
}
