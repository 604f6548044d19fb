using System.Text;

namespace OciRun.Build.Containerfile;

/// <summary>The variables of a stage: ENV hides ARG, both are replaced in the arguments of most instructions (Dockerfile reference, Environment replacement).</summary>
internal sealed class Variables
{
    private const int MaxDepth = 64; // each is a round of recursion

    private readonly Dictionary<string, string> _arguments = [];
    private readonly Dictionary<string, string> _environment = [];

    /// <summary>ENV.</summary>
    internal void SetEnvironment(string name, string value) => _environment[name] = value;

    /// <summary>ARG.</summary>
    internal void SetArgument(string name, string value) => _arguments[name] = value;

    /// <summary>The arguments of the stage below: a stage that is built on it has them, too.</summary>
    internal void Inherit(Variables below)
    {
        foreach (var (name, value) in below._arguments)
        {
            _arguments[name] = value;
        }
    }

    /// <summary>The arguments that RUN sees in its environment: those that no ENV hides.</summary>
    internal IEnumerable<KeyValuePair<string, string>> Arguments => _arguments.Where(argument => !_environment.ContainsKey(argument.Key)).OrderBy(argument => argument.Key, StringComparer.Ordinal);

    /// <summary>The value; null where it is not set.</summary>
    internal string? Get(string name) => _environment.TryGetValue(name, out string? value) || _arguments.TryGetValue(name, out value) ? value : null;

    /// <summary>
    /// What a word means: <c>$NAME</c>, <c>${NAME}</c>, <c>${NAME:-otherwise}</c> and <c>${NAME:+instead}</c> replaced except in single quotes and after a backslash, then the
    /// word's own quotes and escapes taken away. What a variable holds is not looked into: it may have quotes and blanks.
    /// </summary>
    /// <exception cref="FormatException">A quote or brace is not closed, or the form is not known.</exception>
    internal string Expand(string word)
    {
        var result = new StringBuilder();
        char quote = '\0';
        for (int i = 0; i < word.Length; i++)
        {
            char c = word[i];
            if (c == '\\' && quote != '\'' && i + 1 < word.Length)
            {
                char next = word[++i];
                result.Append(quote == '"' && next is not ('"' or '\\' or '$') ? "\\" : "").Append(next);
            }
            else if (c == '$' && quote != '\'' && i + 1 < word.Length)
            {
                i = Insert(word, i + 1, result);
            }
            else if (quote == '\0' ? c is '"' or '\'' : c == quote)
            {
                quote = quote == '\0' ? c : '\0';
            }
            else
            {
                result.Append(c);
            }
        }

        return quote == '\0' ? result.ToString() : throw new FormatException($"{word} has no closing {quote}");
    }

    /// <summary>The variable at <paramref name="start"/>; gives the index of its last character.</summary>
    private int Insert(string text, int start, StringBuilder result)
    {
        if (text[start] == '{')
        {
            int close = Close(text, start);
            result.Append(InBraces(text[(start + 1)..close]));
            return close;
        }

        int end = start;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_'))
        {
            end++;
        }

        result.Append(end == start ? "$" : Get(text[start..end]));
        return end - 1;
    }

    private static int Close(string text, int open)
    {
        int depth = 0;
        for (int i = open; i < text.Length; i++)
        {
            depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
            if (depth == 0)
            {
                return i;
            }

            if (depth > MaxDepth)
            {
                throw new FormatException($"more than {MaxDepth} variables within each other");
            }
        }

        throw new FormatException($"\"{text[(open - 1)..]}\" has no closing brace");
    }

    private string? InBraces(string inner)
    {
        int colon = inner.IndexOf(':', StringComparison.Ordinal);
        string name = colon < 0 ? inner : inner[..colon];
        string? value = Get(name);
        if (colon < 0)
        {
            return name.Length > 0 ? value : throw new FormatException("\"${}\" names no variable");
        }

        string word = inner[(colon + 1)..];
        return word switch
        {
            ['-', ..] => string.IsNullOrEmpty(value) ? Expand(word[1..]) : value,
            ['+', ..] => string.IsNullOrEmpty(value) ? "" : Expand(word[1..]),
            _ => throw new FormatException($"\"${{{inner}}}\" is not supported: there are ${{NAME:-otherwise}} and ${{NAME:+instead}}"),
        };
    }
}
