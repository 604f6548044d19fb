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
            return ForVerb(options.Command, verb);
        }
        if (words.Operands.Count == 0)
        {
            return ForProgram(options.Command);
        }
        verb = VerbList.Create(words.Operands[0]) ?? throw Usage.Error(null, $"unknown command \"{words.Operands[0]}\"");
        options.Command.Subcommands.Add(verb.Command);
        return ForVerb(options.Command, verb);
    }

    private static string ForVerb(Command root, Verb verb)
    {
        string operands = string.Concat(verb.Operands.Select(operand => $" {operand}"));
        return $"""
            {verb.Command.Description}

            Usage:
              ocirun [GLOBAL OPTIONS] {verb.Command.Name} [OPTIONS]{operands}

            {Lists(root, verb.Command, [verb.Command.Name, "--help"])}
            """;
    }

    private static string ForProgram(Command root)
    {
        foreach (string name in VerbList.Names)
        {
            root.Subcommands.Add(VerbList.Create(name)!.Command);
        }
        // Both are taken before the library sees the words.
        root.Options.Add(new Option<bool>("--version", "-v") { Description = "print the version" });
        return $"""
            {root.Description}

            Usage:
              ocirun [GLOBAL OPTIONS] COMMAND [OPTIONS] [ARGUMENTS]
              ocirun help COMMAND

            {Lists(root, root, ["--help"])}
            """;
    }

    private static string Lists(Command root, Command command, string[] words)
    {
        var option = new HelpOption("--help", "-h") { Description = "print this help" };
        if (option.Action is HelpAction action)
        {
            action.MaxWidth = Width;
        }
        command.Options.Add(option);
        using var output = new StringWriter { NewLine = "\n" };
        root.Parse(words, Application.Parser).Invoke(new InvocationConfiguration
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
