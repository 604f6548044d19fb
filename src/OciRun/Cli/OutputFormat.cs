using System.CommandLine;

namespace OciRun.Cli;

/// <summary>The option --format of verbs that print something.</summary>
internal sealed class OutputFormat
{
    private readonly Option<string> _option;
    private readonly string[] _choices;

    /// <summary>Adds it to <paramref name="command"/>; the first of <paramref name="choices"/> is the default.</summary>
    internal OutputFormat(Command command, string[] choices)
    {
        _choices = choices;
        _option = new Option<string>("--format", "-f") { HelpName = "FORMAT", Description = string.Join(" or ", choices) };
        command.Options.Add(_option);
    }

    /// <summary>The value, checked; runc's word for a wrong one is "invalid format option".</summary>
    internal string Read(Invocation call)
    {
        string value = call.Values.GetValue(_option) ?? _choices[0];
        return _choices.AsSpan().Contains(value)
            ? value
            : throw Usage.Error(call.Values.CommandResult.Command.Name, $"invalid format option \"{value}\" ({string.Join(", ", _choices)})");
    }
}
