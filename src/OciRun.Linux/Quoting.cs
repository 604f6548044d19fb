using System.Globalization;
using System.Text;

namespace OciRun.Linux;

/// <summary>Text that came from elsewhere (a container, a bundle, an environment) made safe to print on one line.</summary>
public static class Quoting
{
    /// <summary>In double quotes, with control characters, quotes and backslashes escaped as C does.</summary>
    public static string Quote(string text) => "\"" + Escape(text, quote: true) + "\"";

    /// <summary>Without quotes: control characters escaped, so that no line break or terminal sequence passes (X60).</summary>
    public static string Escape(string text, bool quote = false)
    {
        if (!NeedsEscape(text, quote))
        {
            return text;
        }

        var builder = new StringBuilder(text.Length + 16);
        foreach (char c in text)
        {
            _ = c switch
            {
                '\n' => builder.Append("\\n"),
                '\r' => builder.Append("\\r"),
                '\t' => builder.Append("\\t"),
                '"' when quote => builder.Append("\\\""),
                '\\' when quote => builder.Append("\\\\"),
                _ when char.IsControl(c) => builder.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => builder.Append(c),
            };
        }

        return builder.ToString();
    }

    private static bool NeedsEscape(string text, bool quote)
    {
        foreach (char c in text)
        {
            if (char.IsControl(c) || (quote && c is '"' or '\\'))
            {
                return true;
            }
        }

        return false;
    }
}
