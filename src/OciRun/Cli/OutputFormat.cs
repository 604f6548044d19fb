
namespace OciRun.Cli;

/// <summary>The option --format of verbs that print something. It takes the place of the one that every verb has (<see cref="Verb"/>), for the form of its errors.</summary>
internal sealed class OutputFormat
{
    internal const string Name = "--format";

    private readonly CommandOption _option;
    private readonly string[] _choices;

    /// <summary>Adds it to <paramref name="options"/>; the first of <paramref name="choices"/> is the default.</summary>
    internal OutputFormat(List<CommandOption> options, string[] choices)
    {
        _choices = choices;
        _option = new CommandOption(Name, "-f") { ValueName = string.Join('|', choices), Description = $"how it is printed (default: {choices[0]})" };
        options.RemoveAll(static option => option.Name == Name);
        options.Add(_option);
    }

    /// <summary>The value; it was checked with the command line, runc's word for a wrong one is "invalid format option".</summary>
    internal string Read(Invocation call) => call.Values.Of(_option) ?? _choices[0];
}
