using System.CommandLine;
using OciRun.Runtime;

namespace OciRun.Cli;

/// <summary>
/// Cuts the command line before System.CommandLine sees it. The library expands <c>@file</c>, takes options that follow the container's id,
/// swallows <c>--</c>, and gives the id to an option that may have a value; a runtime's command line must not. So the words are cut here, and the
/// library gets only options it knows, each as <c>--name=value</c>.
/// </summary>
internal sealed class CommandLineWords
{
    private readonly List<(Option? Option, string Word, string? Value)> _parts = [];
    private readonly List<string> _operands = [];
    private string? _verbName;
    private int _verbStart;

    /// <summary>What System.CommandLine parses: the global options, the verb, its options.</summary>
    internal IReadOnlyList<string> Parsed()
    {
        var words = new List<string>(_parts.Count);
        foreach (var (_, word, value) in _parts)
        {
            // The library takes "--name=" for an option without a value, and the next word for its value.
            words.Add(string.IsNullOrEmpty(value) ? word : $"{word}={value}");
            if (value is "")
            {
                words.Add("");
            }
        }
        return words;
    }

    /// <summary>The words that are not options: the container's id and what follows it, as they were given.</summary>
    internal IReadOnlyList<string> Operands => _operands;

    /// <summary>The verb; null when there is none, or when it is wrong.</summary>
    internal Verb? Verb { get; private set; }

    /// <summary>--help was among the options, or the verb is help: the words after it say for which verb.</summary>
    internal bool HelpAsked { get; private set; }

    /// <summary>--version was among the options before the verb.</summary>
    internal bool VersionAsked { get; private set; }

    /// <summary>
    /// Cuts <paramref name="args"/>. Throws <see cref="ContainerException"/> with <see cref="ErrorCode.Usage"/>; what was understood until then
    /// stays in <see cref="Parsed()"/>, since it may say where the error is to be logged.
    /// </summary>
    internal void Cut(Command root, ReadOnlySpan<string> args)
    {
        int next = CutOptions(root, args, 0, stopAtOperand: true);
        if (next >= args.Length || HelpAsked || VersionAsked)
        {
            return;
        }
        string name = args[next++];
        if (name is "help" or "h")
        {
            HelpAsked = true;
            _operands.AddRange(args[next..]);
            return;
        }
        Verb = VerbList.Create(name) ?? throw Usage.Error(null, $"unknown command \"{name}\"");
        _verbName = name;
        root.Subcommands.Add(Verb.Command);
        _parts.Add((null, name, null));
        _verbStart = _parts.Count;
        next = CutOptions(Verb.Command, args, next, stopAtOperand: !Verb.OptionsAfterOperands);
        _operands.AddRange(args[next..]);
        if (!HelpAsked)
        {
            Verb.CheckOperands(_operands);
        }
    }

    /// <summary>Takes options from <paramref name="index"/> on, and operands too unless told to stop at the first; gives the index of the next word.</summary>
    private int CutOptions(Command command, ReadOnlySpan<string> args, int index, bool stopAtOperand)
    {
        while (index < args.Length && !HelpAsked && !VersionAsked)
        {
            string word = args[index];
            if (word.Length < 2 || word[0] != '-')
            {
                if (stopAtOperand)
                {
                    return index;
                }
                _operands.Add(word);
                index++;
            }
            else if (word == "--")
            {
                return index + 1;
            }
            else
            {
                index = CutOption(command, args, index);
            }
        }
        return index;
    }

    private int CutOption(Command command, ReadOnlySpan<string> args, int index)
    {
        string word = args[index++];
        // urfave/cli, and so every caller of runc, takes one dash for two: go-runc sends -no-subreaper.
        string text = word.StartsWith("--", StringComparison.Ordinal) ? word[2..] : word[1..];
        int equals = text.IndexOf('=');
        string name = equals < 0 ? text : text[..equals];
        string? value = equals < 0 ? null : text[(equals + 1)..];
        if (value is null && name is "help" or "h")
        {
            HelpAsked = true;
            return index;
        }
        if (value is null && _verbName is null && name is "version" or "v")
        {
            VersionAsked = true;
            return index;
        }
        var option = Find(command, name)
            ?? throw Usage.Error(_verbName, $"flag provided but not defined: {(equals < 0 ? word : word[..word.IndexOf('=')])}{Verb?.HintFor(name)}");
        if (value is null && option.Arity.MinimumNumberOfValues > 0)
        {
            value = index < args.Length ? args[index++] : throw Usage.Error(_verbName, $"flag needs an argument: {option.Name}");
        }
        if (value is not null && option is Option<bool>)
        {
            value = Truth(option, value);
        }
        Add(option, value);
        return index;
    }

    /// <summary>The last one counts where the option has one value; the library would refuse the second.</summary>
    private void Add(Option option, string? value)
    {
        int before = option.Arity.MaximumNumberOfValues > 1 ? -1 : _parts.FindIndex(_verbStart, part => part.Option == option);
        if (before < 0)
        {
            _parts.Add((option, option.Name, value));
        }
        else
        {
            _parts[before] = (option, option.Name, value);
        }
    }

    /// <summary>The spellings of Go's strconv.ParseBool, which callers of runc may use.</summary>
    private string Truth(Option option, string value) => value switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => "true",
        "0" or "f" or "F" or "false" or "FALSE" or "False" => "false",
        _ => throw Usage.Error(_verbName, $"invalid boolean value \"{value}\" for {option.Name}"),
    };

    private static Option? Find(Command command, string name)
    {
        foreach (var option in command.Options)
        {
            if (IsNamed(option.Name, name))
            {
                return option;
            }
            foreach (string alias in option.Aliases)
            {
                if (IsNamed(alias, name))
                {
                    return option;
                }
            }
        }
        return null;
    }

    private static bool IsNamed(string option, string name) => option.AsSpan().TrimStart('-').SequenceEqual(name);
}
