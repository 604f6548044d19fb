using System.Text;

namespace OciRun.Conformance.Clauses;

/// <summary>A document of the specification without its Markdown: what quotes are compared with.</summary>
internal static class SpecText
{
    /// <summary>Links become their text, emphasis and backquotes go, examples go, white space is one blank.</summary>
    public static string Plain(string markdown)
    {
        var text = new StringBuilder();
        bool code = false;
        foreach (string line in markdown.Split('\n'))
        {
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal))
                code = !code;
            else if (!code)
                text.Append(line).Append('\n');
        }
        return Squeeze(WithoutLinks(text.ToString()).Replace("`", "", StringComparison.Ordinal).Replace("*", "", StringComparison.Ordinal));
    }

    // [text](target), [text][name], [text][]: the text; a bracket of another kind stays.
    private static string WithoutLinks(string text)
    {
        var result = new StringBuilder();
        for (int at = 0; at < text.Length; at++)
        {
            int end = text[at] == '[' ? Close(text, at) : -1;
            if (end > at && end + 1 < text.Length && text[end + 1] is '(' or '[')
            {
                int close = text.IndexOf(text[end + 1] == '(' ? ')' : ']', end + 1);
                result.Append(text, at + 1, end - at - 1);
                at = close;
            }
            else
                result.Append(text[at]);
        }
        return result.ToString();
    }

    // syscalls[].action stands inside of one.
    private static int Close(string text, int open)
    {
        int depth = 0;
        for (int at = open; at < text.Length; at++)
        {
            depth += text[at] switch { '[' => 1, ']' => -1, _ => 0 };
            if (depth == 0)
                return at;
        }
        return -1;
    }

    private static string Squeeze(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
