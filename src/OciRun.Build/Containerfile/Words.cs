using System.Text;
using System.Text.Json;

namespace OciRun.Build.Containerfile;

/// <summary>Arguments as words: the JSON form, and the shell's quotes (Dockerfile reference).</summary>
internal static class Words
{
    /// <summary>The words of the exec form, <c>["a", "b"]</c>; null where it is the shell form.</summary>
    internal static string[]? Json(string text)
    {
        if (!text.StartsWith('['))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.EnumerateArray().All(element => element.ValueKind == JsonValueKind.String)
                ? [.. document.RootElement.EnumerateArray().Select(element => element.GetString()!)]
                : null;
        }
        catch (JsonException)
        {
            return null; // as Docker has it: what is no JSON is a shell command that begins with [
        }
    }

    /// <summary>Splits at blanks outside quotes; quotes and escapes are taken away.</summary>
    internal static List<string> Split(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        bool isWord = false;
        char quote = '\0';
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '\\' && quote != '\'' && i + 1 < text.Length)
            {
                isWord = true;
                char next = text[++i];
                if (quote == '"' && next is not ('"' or '\\' or '$'))
                {
                    word.Append(c);
                }

                word.Append(next);
            }
            else if (quote == '\0' ? c is '"' or '\'' : c == quote)
            {
                isWord = true;
                quote = quote == '\0' ? c : '\0';
            }
            else if (quote == '\0' && char.IsWhiteSpace(c))
            {
                Flush();
            }
            else
            {
                isWord = true;
                word.Append(c);
            }
        }

        Flush();
        return words;

        void Flush()
        {
            if (isWord)
            {
                words.Add(word.ToString());
                word.Clear();
                isWord = false;
            }
        }
    }

    /// <summary>NAME=VALUE pairs of ENV, LABEL and ARG; with <paramref name="old"/> also the form <c>ENV NAME value with blanks</c>.</summary>
    internal static List<KeyValuePair<string, string?>> Pairs(string text, bool old)
    {
        List<string> words = Split(text);
        if (old && words.Count > 0 && !words[0].Contains('=', StringComparison.Ordinal))
        {
            int blank = text.IndexOfAny([' ', '\t']);
            return [new(words[0], blank < 0 ? null : string.Join(' ', Split(text[blank..])))];
        }

        return words.ConvertAll(word =>
        {
            string[] parts = word.Split('=', 2);
            return new KeyValuePair<string, string?>(parts[0], parts.Length == 2 ? parts[1] : null);
        });
    }
}
