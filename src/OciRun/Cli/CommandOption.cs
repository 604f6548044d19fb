namespace OciRun.Cli;

/// <summary>
/// One option of the command line. System.CommandLine's own cost a job of milliseconds half of one before it begins (docs/adr/0003), so that it gets them only where it
/// has something to do: for help.
/// </summary>
/// <param name="name">With its dashes: <c>--root</c>.</param>
/// <param name="alias">Another name, as <c>-r</c>.</param>
internal sealed class CommandOption(string name, string? alias = null)
{
    internal string Name { get; } = name;

    internal string? Alias { get; } = alias;

    /// <summary>For help.</summary>
    internal required string Description { get; init; }

    /// <summary>What its value is called in help; null for an option without a value.</summary>
    internal string? ValueName { get; init; }

    /// <summary>It may also stand without its value, which is only taken after <c>=</c>.</summary>
    internal bool IsValueOptional { get; init; }

    /// <summary>It may be given more than once, and every value counts.</summary>
    internal bool IsRepeatable { get; init; }

    /// <summary>Accepted, but not in help.</summary>
    internal bool IsHidden { get; init; }

    /// <summary>It goes by that name, given without dashes.</summary>
    internal bool IsNamed(ReadOnlySpan<char> word) => Name.AsSpan(2).SequenceEqual(word) || Alias.AsSpan().TrimStart('-').SequenceEqual(word);
}
