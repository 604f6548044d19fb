
namespace OciRun.Cli;

/// <summary>The option --format of verbs that print something.</summary>
internal sealed class OutputFormat
{
    private readonly CommandOption _option;
    private readonly string[] _choices;

    /// <summary>Adds it to <paramref name="options"/>; the first of <paramref name="choices"/> is the default.</summary>
    internal OutputFormat(List<CommandOption> options, string[] choices)
    {
        _choices = choices;
        _option = new CommandOption("--format", "-f") { ValueName = string.Join('|', choices), Description = $"how it is printed (default: {choices[0]})" };
        options.Add(_option);
    }

    /// <summary>The value, checked; runc's word for a wrong one is "invalid format option".</summary>
    internal string Read(Invocation call)
    {
        string value = call.Values.Of(_option) ?? _choices[0];
        return _choices.AsSpan().Contains(value)
            ? value
            : throw Usage.Error(call.Verb.Name, $"invalid format option \"{value}\" ({string.Join(", ", _choices)})");
    }
}
