using System.Text;
using OciRun.Cli;

namespace OciRun.Man;

/// <summary>
/// Writes manual pages in the language of man(7): name, synopsis and options from the definitions of the command line, and after them what DIRECTORY/NAME.roff
/// adds, in sections of its own.
/// </summary>
/// <param name="texts">Directory of the texts by hand.</param>
/// <param name="date">Of the pages.</param>
/// <param name="output">Directory of the pages.</param>
internal sealed class PageWriter(string texts, string date, string output)
{
    private readonly HashSet<string> _used = [];

    /// <summary>A page for the program and one for each verb.</summary>
    internal void WriteAll()
    {
        var verbs = VerbList.Names.Select(name => VerbList.Create(name)!).ToList();
        WriteProgram(new GlobalOptions().All, verbs);
        foreach (var verb in verbs)
        {
            WriteVerb(verb);
            foreach (string name in verb is GroupVerb group ? group.Names : [])
            {
                WriteVerb(((GroupVerb)verb).Create(name)!);
            }
        }
    }

    private void WriteProgram(IEnumerable<CommandOption> options, IEnumerable<Verb> verbs)
    {
        var page = Begin("ocirun", "an OCI container runtime");
        page.Append(".SH SYNOPSIS\n.B ocirun\n[\\fIglobal options\\fR] \\fIcommand\\fR [\\fIoptions\\fR] [\\fIarguments\\fR]\n");
        page.Append(".SH COMMANDS\nEach has a manual page of its own, as\n.BR ocirun\\-run (8),\nand \\fBocirun \\fIcommand\\fB \\-\\-help\\fR lists its options.\n");
        foreach (var verb in verbs)
        {
            page.Append($".TP\n.B {Escape(verb.Name)}\n{Line(verb.Description)}\n");
        }
        AppendOptions(page, "GLOBAL OPTIONS", options);
        page.Append(".TP\n.BR \\-v \", \" \\-\\-version\nPrint the version.\n");
        End(page, "ocirun");
    }

    private void WriteVerb(Verb verb)
    {
        string name = "ocirun-" + verb.Name.Replace(' ', '-');
        var page = Begin(name, char.ToLowerInvariant(verb.Description[0]) + verb.Description[1..].TrimEnd('.'));
        page.Append($".SH SYNOPSIS\n.B ocirun\n[\\fIglobal options\\fR] \\fB{Escape(verb.Name)}\\fR{(verb.Options.Count > 0 ? " [\\fIoptions\\fR]" : "")}");
        foreach (string operand in verb.Operands)
        {
            page.Append($" \\fI{Escape(operand)}\\fR");
        }
        page.Append($"\n.SH DESCRIPTION\n{Line(verb.Description)}\n");
        if (verb is GroupVerb group)
        {
            page.Append(".SH COMMANDS\n");
            foreach (string word in group.Names)
            {
                page.Append($".TP\n.BR ocirun\\-{Escape(verb.Name)}\\-{Escape(word)} (8)\n{Line(group.Create(word)!.Description)}\n");
            }
        }
        AppendOptions(page, "OPTIONS", verb.Options);
        End(page, name);
    }

    /// <summary>Texts that no page took: of a verb that has gone.</summary>
    internal string[] UnusedTexts() => [.. Directory.GetFiles(texts, "*.roff").Select(path => Path.GetFileNameWithoutExtension(path)!).Where(name => !_used.Contains(name))];

    private StringBuilder Begin(string name, string description) => new StringBuilder()
        .Append($".\\\" Made by docs/man of the definitions of the command line.\n.TH {Escape(name.ToUpperInvariant())} 8 \"{date}\" \"ocirun {BuildInfo.Version}\" \"ocirun manual\"\n")
        .Append($".SH NAME\n{Escape(name)} \\- {Escape(description)}\n");

    private void End(StringBuilder page, string name)
    {
        string text = Path.Combine(texts, name + ".roff");
        if (File.Exists(text))
        {
            _used.Add(name);
            page.Append(File.ReadAllText(text));
        }
        page.Append(name == "ocirun" ? ".SH SEE ALSO\n.BR runc (8),\n.BR crun (1),\n.BR podman (1)\n" : ".SH SEE ALSO\n.BR ocirun (8)\n");
        Directory.CreateDirectory(output);
        File.WriteAllText(Path.Combine(output, name + ".8"), page.ToString());
    }

    private static void AppendOptions(StringBuilder page, string heading, IEnumerable<CommandOption> options)
    {
        page.Append($".SH {heading}\n");
        foreach (var option in options.Where(option => !option.IsHidden))
        {
            string alias = option.Alias is null ? "" : $"\\fB{Escape(option.Alias)}\\fR, ";
            string value = option.ValueName is null ? "" : option.IsValueOptional ? $"[=\\fI{Escape(option.ValueName)}\\fR]" : $" \\fI{Escape(option.ValueName)}\\fR";
            page.Append($".TP\n{alias}\\fB{Escape(option.Name)}\\fR{value}\n{Line(char.ToUpperInvariant(option.Description[0]) + option.Description[1..])}{(option.Description.EndsWith('.') ? "" : ".")}\n");
        }
        page.Append(".TP\n.BR \\-h \", \" \\-\\-help\nPrint a summary.\n");
    }

    /// <summary>Text at the begin of a line, where a dot or an apostrophe would be a request.</summary>
    private static string Line(string text) => (text[0] is '.' or '\'' ? "\\&" : "") + Escape(text);

    private static string Escape(string text) => text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal)
        .Replace("µ", "\\(mc", StringComparison.Ordinal);
}
