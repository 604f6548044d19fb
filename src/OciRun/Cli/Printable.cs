using System.Globalization;
using System.Text;

namespace OciRun.Cli;

/// <summary>
/// Makes text harmless to a terminal and to whoever reads logs by the line. Names of files, mounts and processes are written by containers, and
/// engines print our messages as they are: a line feed would forge a log entry, an escape sequence or a right-to-left mark would hide something.
/// </summary>
internal static class Printable
{
    /// <summary>Writes control, format, separator and lone surrogate characters as <c>\n</c>, <c>\x1b</c>, <c>\u202e</c>; the rest as it is.</summary>
    internal static string Escape(string text)
    {
        int bad = IndexOfUnprintable(text, 0);
        if (bad < 0)
        {
            return text;
        }
        var result = new StringBuilder(text.Length + 16);
        int done = 0;
        for (; bad >= 0; bad = IndexOfUnprintable(text, done))
        {
            result.Append(text, done, bad - done).Append(Escape(text[bad]));
            done = bad + 1;
        }
        return result.Append(text, done, text.Length - done).ToString();
    }

    /// <summary>The text between quotation marks, as logfmt and Go's %q have it.</summary>
    internal static string Quote(string text) =>
        $"\"{Escape(text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal))}\"";

    private static string Escape(char c) => c switch
    {
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        < '\x80' => string.Create(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
    };

    private static int IndexOfUnprintable(string text, int start)
    {
        for (int i = start; i < text.Length; i++)
        {
            char c = text[i];
            if (c is >= ' ' and <= '~')
            {
                continue;
            }
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                if (!IsUnprintable(CharUnicodeInfo.GetUnicodeCategory(char.ConvertToUtf32(c, text[i + 1]))))
                {
                    i++;
                    continue;
                }
                return i;
            }
            if (IsUnprintable(CharUnicodeInfo.GetUnicodeCategory(c)))
            {
                return i;
            }
        }
        return -1;
    }

    private static bool IsUnprintable(UnicodeCategory category) => category
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.Surrogate;
}
