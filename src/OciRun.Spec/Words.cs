using System.Globalization;
using System.Text;

namespace OciRun.Spec;

/// <summary>Making messages: quoting what came from outside, and guessing what was meant.</summary>
internal static class Words
{
    private const int MaximumQuoted = 80;

    /// <summary>Quotes foreign text for a message: control characters are escaped (no forged log lines), long text is cut.</summary>
    internal static string Quote(string? text)
    {
        if (text is null)
            return "null";
        bool cut = text.Length > MaximumQuoted;
        var quoted = new StringBuilder(Math.Min(text.Length, MaximumQuoted) + 8).Append('"');
        foreach (char c in cut ? text.AsSpan(0, MaximumQuoted) : text)
        {
            if (c is '"' or '\\')
                quoted.Append('\\').Append(c);
            else if (c < ' ' || c is >= '\u007f' and <= '\u009f' or >= '\u2028' and <= '\u202e' || char.IsSurrogate(c) && cut)
                quoted.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            else
                quoted.Append(c);
        }
        return quoted.Append(cut ? "…\"" : "\"").ToString();
    }

    /// <summary>Long text for a message, cut.</summary>
    internal static string Cut(string text) => text.Length > MaximumQuoted ? string.Concat(text.AsSpan(0, MaximumQuoted), "…") : text;

    /// <summary>The candidate nearest to a misspelt word; null when none is near enough to be meant.</summary>
    internal static string? Nearest(string word, IReadOnlyList<string> candidates)
    {
        if (word.Length > 64)
            return null;
        string? best = null;
        // At most a third of the word is wrong, and never all of it.
        int limit = Math.Min(word.Length, Math.Max(1, word.Length / 3) + 1);
        foreach (string candidate in candidates)
        {
            if (string.Equals(candidate, word, StringComparison.OrdinalIgnoreCase))
                return candidate;
            if (Math.Abs(candidate.Length - word.Length) >= limit)
                continue; // so far apart already
            int distance = Distance(word, candidate);
            if (distance < limit)
            {
                limit = distance;
                best = candidate;
            }
        }
        return best;
    }

    /// <summary>"a, b or c".</summary>
    internal static string OneOf(IReadOnlyList<string> words)
    {
        var text = new StringBuilder();
        for (int i = 0; i < words.Count; i++)
        {
            if (i > 0)
                text.Append(i == words.Count - 1 ? " or " : ", ");
            text.Append(words[i]);
        }
        return text.ToString();
    }

    /// <summary>Edit distance with transpositions of neighbours (the typing error "teh").</summary>
    private static int Distance(string a, string b)
    {
        if (Math.Abs(a.Length - b.Length) > 32)
            return int.MaxValue;
        int[] beforeLast = new int[b.Length + 1], last = new int[b.Length + 1], current = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
            last[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int cost = a[i - 1] == b[j - 1] ? 0 : 1;
                int distance = Math.Min(Math.Min(current[j - 1], last[j]) + 1, last[j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    distance = Math.Min(distance, beforeLast[j - 2] + 1);
                current[j] = distance;
            }
            (beforeLast, last, current) = (last, current, beforeLast);
        }
        return last[b.Length];
    }
}
