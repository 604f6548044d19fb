using System.Runtime.InteropServices;
using OciRun.Runtime;

namespace OciRun.Cli;

/// <summary>
/// Cuts the command line into options and operands, as runc's callers write it: the verb, its options with <c>--name value</c> or <c>--name=value</c>, an id, and what
/// follows it untouched. System.CommandLine would expand <c>@file</c>, take options that follow the container's id, swallow <c>--</c>, and give the id to an option that
/// may have a value.
/// </summary>
internal sealed class CommandLineWords
{
    private readonly List<string> _operands = [];

    /// <summary>The options before the verb and after it.</summary>
    internal OptionValues Values { get; } = new();

    /// <summary>The words that are not options: the container's id and what follows it, as they were given.</summary>
    internal IReadOnlyList<string> Operands => _operands;

    /// <summary>The verb; null when there is none, or when it is wrong.</summary>
    internal Verb? Verb { get; private set; }

    /// <summary>The option whose value the line ends before.</summary>
    internal CommandOption? Awaiting { get; private set; }

    /// <summary>--help was among the options, or the verb is help: the words after it say for which verb.</summary>
    internal bool HelpAsked { get; private set; }

    /// <summary>--version was among the options before the verb.</summary>
    internal bool VersionAsked { get; private set; }

    /// <summary>
    /// Cuts <paramref name="args"/>. Throws <see cref="ContainerException"/> with <see cref="ErrorCode.Usage"/>; what was understood until then
    /// stays in <see cref="Values"/>, since it may say where the error is to be logged.
    /// </summary>
    internal void Cut(ReadOnlySpan<CommandOption> global, ReadOnlySpan<string> args)
    {
        int next = CutOptions(global, args, 0, stopAtOperand: true);
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
        if (Verb is GroupVerb group && next < args.Length && !args[next].StartsWith('-'))
        {
            string action = args[next++];
            Verb = group.Create(action) ?? throw Usage.Error(name, $"unknown command \"{name} {action}\"");
        }
        next = CutOptions(CollectionsMarshal.AsSpan(Verb.Options), args, next, stopAtOperand: !Verb.OptionsAfterOperands);
        _operands.AddRange(args[next..]);
        if (!HelpAsked)
        {
            Verb.CheckOperands(_operands, Values);
        }
    }

    /// <summary>Takes options from <paramref name="index"/> on, and operands too unless told to stop at the first; gives the index of the next word.</summary>
    private int CutOptions(ReadOnlySpan<CommandOption> options, ReadOnlySpan<string> args, int index, bool stopAtOperand)
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
                index = CutOption(options, args, index);
            }
        }
        return index;
    }

    private int CutOption(ReadOnlySpan<CommandOption> options, ReadOnlySpan<string> args, int index)
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
        if (value is null && Verb is null && name is "version" or "v")
        {
            VersionAsked = true;
            return index;
        }
        var option = Find(options, name)
            ?? throw Usage.Error(Verb?.Name, $"flag provided but not defined: {(equals < 0 ? word : word[..word.IndexOf('=')])}{Verb?.HintFor(name)}");
        if (value is null && option is { ValueName: not null, IsValueOptional: false })
        {
            Awaiting = index < args.Length ? null : option;
            value = Awaiting is null ? args[index++] : throw Usage.Error(Verb?.Name, $"flag needs an argument: {option.Name}");
        }
        if (value is not null && option.ValueName is null)
        {
            value = Truth(option, value);
        }
        Values.Set(option, value);
        return index;
    }

    /// <summary>The spellings of Go's strconv.ParseBool, which callers of runc may use.</summary>
    private string Truth(CommandOption option, string value) => value switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => "true",
        "0" or "f" or "F" or "false" or "FALSE" or "False" => "false",
        _ => throw Usage.Error(Verb?.Name, $"invalid boolean value \"{value}\" for {option.Name}"),
    };

    private static CommandOption? Find(ReadOnlySpan<CommandOption> options, string name)
    {
        foreach (var option in options)
        {
            if (option.IsNamed(name))
            {
                return option;
            }
        }
        return null;
    }
}
