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
        catch (Exception error) when (error is JsonException or InvalidOperationException) // the latter: half a surrogate pair
        {
            return null; // as Docker has it: what is no JSON is a shell command that begins with [
        }
    }

    /// <summary>Splits at blanks outside quotes. Quotes and escapes stay: what they mean is known when variables are replaced.</summary>
    internal static List<string> Split(string text)
    {
        var words = new List<string>();
        int start = -1;
        char quote = '\0';
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (quote == '\0' && char.IsWhiteSpace(c))
            {
                if (start >= 0)
                {
                    words.Add(text[start..i]);
                    start = -1;
                }

                continue;
            }

            start = start < 0 ? i : start;
            if (c == '\\' && quote != '\'')
            {
                i++;
            }
            else if (quote == '\0' ? c is '"' or '\'' : c == quote)
            {
                quote = quote == '\0' ? c : '\0';
            }
        }

        if (start >= 0)
        {
            words.Add(text[start..]);
        }

        return words;
    }

    /// <summary>NAME=VALUE pairs of ENV, LABEL and ARG, as they are written; null for a name alone. With <paramref name="old"/> also the form <c>ENV NAME value with blanks</c>.</summary>
    internal static List<KeyValuePair<string, string?>> Pairs(string text, bool old)
    {
        List<string> words = Split(text);
        if (old && words.Count > 0 && Sign(words[0]) < 0)
        {
            return [new(words[0], words.Count == 1 ? null : text[words[0].Length..].Trim())];
        }

        return words.ConvertAll(word => Sign(word) is var at && at < 0 ? new KeyValuePair<string, string?>(word, null) : new(word[..at], word[(at + 1)..]));
    }

    /// <summary>Where the equals sign is, outside quotes; -1: nowhere.</summary>
    private static int Sign(string word)
    {
        bool isQuoted = false;
        for (int i = 0; i < word.Length; i++)
        {
            isQuoted ^= word[i] == '"';
            if (word[i] == '=' && !isQuoted)
            {
                return i;
            }
        }

        return -1;
    }
}
