using System.CommandLine;
using System.CommandLine.Help;

namespace OciRun.Cli;

/// <summary>Help texts. The lists of options and verbs are the library's; how the words are ordered is ours, so the usage lines are too.</summary>
internal static class Help
{
    private const int Width = 100;

    /// <summary>The text for what <paramref name="words"/> ask: a verb, or the program.</summary>
    internal static string Text(GlobalOptions options, CommandLineWords words)
    {
        if (words.Verb is { } verb)
        {
            return ForVerb(verb);
        }
        if (words.Operands.Count == 0)
        {
            return ForProgram(options);
        }
        verb = VerbList.Create(words.Operands[0]) ?? throw Usage.Error(null, $"unknown command \"{words.Operands[0]}\"");
        if (verb is GroupVerb group && words.Operands.Count > 1)
        {
            verb = group.Create(words.Operands[1]) ?? throw Usage.Error(group.Name, $"unknown command \"{group.Name} {words.Operands[1]}\"");
        }
        return ForVerb(verb);
    }

    private static string ForVerb(Verb verb)
    {
        var command = Library(verb.Name, verb.Description, verb.Options);
        if (verb is GroupVerb group)
        {
            foreach (string name in group.Names)
            {
                command.Subcommands.Add(new Command(name, group.Create(name)!.Description));
            }
        }
        string operands = string.Concat(verb.Operands.Select(operand => $" {operand}"));
        return $"""
            {verb.Description}

            Usage:
              ocirun [GLOBAL OPTIONS] {verb.Name} [OPTIONS]{operands}

            {Lists(command)}
            """;
    }

    private static string ForProgram(GlobalOptions options)
    {
        var command = Library("ocirun", "Runs containers as the Open Container Initiative's runtime specification describes them.", options.All);
        foreach (string name in VerbList.Names)
        {
            var verb = VerbList.Create(name)!;
            command.Subcommands.Add(new Command(verb.Name, verb.Description));
        }
        command.Options.Add(new Option<bool>("--version", "-v") { Description = "print the version" });
        return $"""
            {command.Description}

            Usage:
              ocirun [GLOBAL OPTIONS] COMMAND [OPTIONS] [ARGUMENTS]
              ocirun help COMMAND

            {Lists(command)}
            """;
    }

    private static Command Library(string name, string description, IEnumerable<CommandOption> options)
    {
        var command = new Command(name, description);
        foreach (var option in options)
        {
            string[] aliases = option.Alias is null ? [] : [option.Alias];
            command.Options.Add(option.ValueName is null
                ? new Option<bool>(option.Name, aliases) { Description = option.Description, Hidden = option.IsHidden }
                : new Option<string>(option.Name, aliases) { Description = option.Description, Hidden = option.IsHidden, HelpName = ValueName(option) });
        }
        return command;
    }

    private static string ValueName(CommandOption option) => option.IsValueOptional ? $"[={option.ValueName}]" : option.ValueName!;

    private static string Lists(Command command)
    {
        var option = new HelpOption("--help", "-h") { Description = "print this help" };
        if (option.Action is HelpAction action)
        {
            action.MaxWidth = Width;
        }
        command.Options.Add(option);
        using var output = new StringWriter { NewLine = "\n" };
        command.Parse(["--help"]).Invoke(new InvocationConfiguration
        {
            Output = output,
            Error = output,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        });
        string text = output.ToString();
        return text[text.IndexOf("Options:", StringComparison.Ordinal)..].TrimEnd() + "\n";
    }
}
