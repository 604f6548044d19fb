namespace OciRun.Cli;

/// <summary>The options that were given, with their values: before the verb and after it.</summary>
internal sealed class OptionValues
{
    private readonly List<(CommandOption Option, string? Value)> _given = [];

    /// <summary>The value; null when the option was not given.</summary>
    internal string? Of(CommandOption option) => Find(option) is >= 0 and var index ? _given[index].Value : null;

    /// <summary>An option without a value was given, and not as <c>=false</c>.</summary>
    internal bool IsSet(CommandOption option) => Find(option) is >= 0 and var index && _given[index].Value != "false";

    /// <summary>It was given, with or without a value.</summary>
    internal bool IsGiven(CommandOption option) => Find(option) >= 0;

    /// <summary>The value of an option by its name, as <c>--format</c>; null when it was not given.</summary>
    internal string? Of(string name)
    {
        foreach (var (given, value) in _given)
        {
            if (given.Name == name)
            {
                return value;
            }
        }
        return null;
    }

    /// <summary>All values of a repeatable option, in their order.</summary>
    internal List<string> All(CommandOption option)
    {
        var values = new List<string>();
        foreach (var (given, value) in _given)
        {
            if (ReferenceEquals(given, option) && value is not null)
            {
                values.Add(value);
            }
        }
        return values;
    }

    /// <summary>The last one counts, except of a repeatable option.</summary>
    internal void Set(CommandOption option, string? value)
    {
        if (!option.IsRepeatable && Find(option) is >= 0 and var index)
        {
            _given[index] = (option, value);
        }
        else
        {
            _given.Add((option, value));
        }
    }

    /// <summary>As they would be written.</summary>
    public override string ToString() => string.Join(' ', _given.Select(given => given.Value is null ? given.Option.Name : $"{given.Option.Name}={given.Value}"));

    private int Find(CommandOption option)
    {
        for (int i = 0; i < _given.Count; i++)
        {
            if (ReferenceEquals(_given[i].Option, option))
            {
                return i;
            }
        }
        return -1;
    }
}
