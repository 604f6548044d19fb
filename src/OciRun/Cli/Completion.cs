using System.Text;
using OciRun.Images;
using OciRun.Linux;
using OciRun.Runtime;
using OciRun.Runtime.Lifecycle;
using OciRun.Spec;
using OciRun.Verbs;

namespace OciRun.Cli;

/// <summary>
/// What may stand at the end of a command line, by the same verbs and options as help: a line each, the word, a tab and what it means. The line <c>:files</c> or
/// <c>:directories</c> asks the shell for its own.
/// </summary>
internal sealed class Completion
{
    private readonly GlobalOptions _global = new();
    private readonly CommandLineWords _words = new();
    private readonly StringBuilder _lines = new();
    private readonly string _word;

    private Completion(string word) => _word = word;

    /// <summary>The lines for <paramref name="line"/>, without the program; its last word is the one to complete.</summary>
    internal static string Of(ReadOnlySpan<string> line)
    {
        var completion = new Completion(line.IsEmpty ? "" : line[^1]);
        completion.Complete(line.IsEmpty ? line : line[..^1]);
        return completion._lines.ToString();
    }

    private void Complete(ReadOnlySpan<string> before)
    {
        try
        {
            _words.Cut(_global.All, before);
        }
        catch (ContainerException) when (_words.Verb is not null || _words.Awaiting is not null)
        {
            // A line that is not finished wants something, else nobody would ask.
        }
        catch (ContainerException)
        {
            return; // an unknown verb: nothing can be said of what follows
        }
        int equals = _word.IndexOf('=');
        bool optionsMayStand = _words.Verb is null || _words.Verb.OptionsAfterOperands || _words.Operands.Count == 0;
        if (_words.Awaiting is { ValueName: { } value })
        {
            OfferKinds(value, "");
        }
        else if (_word.StartsWith('-') && optionsMayStand && equals > 0)
        {
            if (Array.Find(Options, option => option.IsNamed(_word.AsSpan(0, equals).TrimStart('-'))) is { ValueName: { } name })
            {
                OfferKinds(name, _word[..(equals + 1)]);
            }
        }
        else if (_word.StartsWith('-') && optionsMayStand)
        {
            OfferOptions();
        }
        else
        {
            OfferOperand();
        }
    }

    private CommandOption[] Options => _words.Verb is { } verb ? [.. verb.Options] : _global.All;

    private void OfferOptions()
    {
        foreach (var option in Options)
        {
            if (!option.IsHidden)
            {
                Offer(option.Name, option.Description);
            }
        }
        Offer("--help", "print this help");
        if (_words.Verb is null)
        {
            Offer("--version", "print the version");
        }
    }

    private void OfferOperand()
    {
        var operands = _words.Operands;
        var verb = _words.HelpAsked && operands.Count > 0 ? VerbList.Create(operands[0]) : _words.Verb;
        if (verb is GroupVerb group)
        {
            foreach (string name in group.Names)
            {
                Offer(name, group.Create(name)!.Description);
            }
        }
        else if (verb is null)
        {
            foreach (string name in VerbList.Names)
            {
                Offer(name, VerbList.Create(name)!.Description);
            }
        }
        else if (!_words.HelpAsked && (operands.Count < verb.Operands.Length || verb.RepeatsLastOperand) && (verb is not (CreateVerb or RunVerb)))
        {
            OfferKinds(verb.Operands[Math.Min(operands.Count, verb.Operands.Length - 1)], "");
        }
    }

    /// <summary>What a value or an operand can be, as help names it: words in small letters are meant as they stand, others name a kind.</summary>
    private void OfferKinds(string names, string prefix)
    {
        foreach (string part in names.Split('|'))
        {
            string kind = part.Trim('[', ']').Replace("...", "", StringComparison.Ordinal);
            if (kind.Length > 0 && char.IsAsciiLetterLower(kind[0]))
            {
                Offer(prefix + kind.Split('[')[0], "");
                continue;
            }
            switch (kind)
            {
                case "CONTAINER":
                    OfferContainers();
                    break;
                case "IMAGE":
                    OfferImages(prefix);
                    break;
                case "SIGNAL":
                    OfferSignals();
                    break;
                case "DIR" or "BUNDLE":
                    _lines.Append(":directories\n");
                    break;
                case "FILE" or "SOCKET" or "PATH" or "SOURCE" or "DEST" or "COMMAND" or "PROGRAM":
                    _lines.Append(":files\n");
                    break;
            }
        }
    }

    private void OfferContainers()
    {
        var settings = _global.Read(_words.Values);
        foreach (var state in StateReader.List(new RuntimeOptions(settings.Root ?? RootDirectory.Default(), settings.CgroupDriver, new Diagnostics())))
        {
            Offer(state.Id, state.Status);
        }
    }

    private void OfferImages(string prefix)
    {
        string directory = StoreDirectory.Of(_global.Read(_words.Values));
        if (Files.TryStatus(SafeFd.CurrentDirectory, directory, followLink: true, out _) is null)
        {
            return; // opening it would make it
        }
        using var store = ImageStore.Open(directory);
        foreach (var image in store.List())
        {
            Offer(prefix + image.Name, "");
        }
    }

    private void OfferSignals()
    {
        for (int signal = 1; signal < SignalNames.RealTimeFirst; signal++)
        {
            if (SignalNames.GetName(signal) is { } name)
            {
                Offer(name, "");
            }
        }
    }

    private void Offer(string word, string meaning)
    {
        if (word.StartsWith(_word, StringComparison.Ordinal))
        {
            _lines.Append(word).Append('\t').Append(meaning).Append('\n');
        }
    }
}
