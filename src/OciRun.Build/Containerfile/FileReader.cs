using System.Text;
using OciRun.Linux;

namespace OciRun.Build.Containerfile;

/// <summary>
/// Cuts a Containerfile into instructions (Dockerfile reference, Format): comments and empty lines are skipped, also within a continued line, which ends in the escape
/// character; the directive <c># escape=`</c> on top chooses another one.
/// </summary>
internal static class FileReader
{
    private static readonly string[] s_known =
    [
        "FROM", "RUN", "COPY", "ADD", "ENV", "WORKDIR", "USER", "CMD", "ENTRYPOINT", "LABEL", "EXPOSE", "VOLUME", "ARG", "STOPSIGNAL", "SHELL", "MAINTAINER",
    ];

    /// <summary>Only a line feed ends a line, perhaps after a carriage return: what an editor shows as one (U+2028 in a comment) is one. A byte order mark is no part of the text.</summary>
    internal static string[] Lines(string text) => text.TrimStart('\uFEFF').Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n');

    /// <exception cref="Runtime.ContainerException">A line is wrong, or asks for what is not supported; the message names it.</exception>
    internal static List<Instruction> Read(string text, string file)
    {
        string[] lines = Lines(text);
        char escape = Escape(lines, file);
        var instructions = new List<Instruction>();
        for (int i = 0; i < lines.Length; i++)
        {
            if (IsSkipped(lines[i]))
            {
                continue;
            }

            int first = i;
            var whole = new StringBuilder();
            while (true)
            {
                string line = whole.Length == 0 ? lines[i].TrimStart() : lines[i];
                string trimmed = line.TrimEnd();
                bool goesOn = trimmed.EndsWith(escape);
                whole.Append(goesOn ? trimmed[..^1] : line);
                if (!goesOn)
                {
                    break;
                }

                do
                {
                    i++;
                }
                while (i < lines.Length && IsSkipped(lines[i]));
                if (i == lines.Length)
                {
                    break;
                }
            }

            instructions.Add(Parse(whole.ToString().TrimEnd(), first + 1, file));
        }

        return instructions.Count > 0 ? instructions : throw BuildError.Usage($"{Quoting.Escape(file)} has no instructions");
    }

    /// <summary>The error of a line.</summary>
    internal static Runtime.ContainerException Fault(string file, int line, string message) => BuildError.Usage($"{Quoting.Escape(file)}:{line}: {message}");

    private static bool IsSkipped(string line) => line.AsSpan().TrimStart() is [] or ['#', ..];

    /// <summary>Directives stand before everything else.</summary>
    private static char Escape(string[] lines, string file)
    {
        for (int i = 0; i < lines.Length && lines[i].TrimStart().StartsWith('#'); i++)
        {
            string[] parts = lines[i].TrimStart().TrimStart('#').Split('=', 2);
            if (parts.Length == 2 && parts[0].Trim().Equals("escape", StringComparison.OrdinalIgnoreCase))
            {
                return parts[1].Trim() is "\\" or "`" ? parts[1].Trim()[0] : throw Fault(file, i + 1, "the escape character is \\ or `");
            }
        }

        return '\\';
    }

    private static Instruction Parse(string text, int line, string file)
    {
        int end = text.IndexOfAny([' ', '\t']);
        string name = (end < 0 ? text : text[..end]).ToUpperInvariant();
        string rest = end < 0 ? "" : text[end..].Trim();
        if (!s_known.Contains(name))
        {
            string known = name is "ONBUILD" or "HEALTHCHECK" ? "is not supported" : "is not an instruction";
            throw Fault(file, line, $"{Quoting.Escape(name)} {known}: there are {string.Join(", ", s_known)}");
        }

        var flags = new List<KeyValuePair<string, string>>();
        while (rest.StartsWith("--", StringComparison.Ordinal))
        {
            int space = rest.IndexOfAny([' ', '\t']);
            string flag = space < 0 ? rest[2..] : rest[2..space];
            string[] parts = flag.Split('=', 2);
            flags.Add(new(parts[0], parts.Length == 2 ? parts[1] : ""));
            rest = space < 0 ? "" : rest[space..].TrimStart();
        }

        if (rest.Length == 0)
        {
            throw Fault(file, line, $"{name} needs an argument");
        }

        if (name is "RUN" or "COPY" or "ADD" && rest.Split(' ').Any(word => word.StartsWith("<<", StringComparison.Ordinal) && word.Length > 2 && word[2] != '<'))
        {
            throw Fault(file, line, "here-documents are not supported: put the text into a file and COPY it");
        }

        return new Instruction(line, name, flags, rest);
    }
}
