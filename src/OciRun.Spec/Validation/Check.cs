using System.Text;

namespace OciRun.Spec.Validation;

/// <summary>Rules that hold for many properties. Every one costs nothing when the value is good.</summary>
internal static class Check
{
    /// <summary>PATH_MAX without its terminating NUL.</summary>
    private const int PathMaximum = 4095;

    /// <summary>A required text is there and not empty.</summary>
    internal static bool Present(FindingCollector findings, string clause, string? value, string member, string example)
    {
        if (!string.IsNullOrEmpty(value))
            return true;
        findings.Must(FindingCode.Missing, clause, $"is missing: give {example}", member);
        return false;
    }

    /// <summary>No NUL: the kernel would see only what stands before it.</summary>
    internal static bool Text(FindingCollector findings, string clause, string? value, string? member)
    {
        if (value is null || !value.Contains('\0', StringComparison.Ordinal))
            return true;
        findings.Must(FindingCode.NulByte, clause, $"{Words.Quote(value)} holds a NUL character, where the kernel would end the text: remove it", member);
        return false;
    }

    /// <summary>No NUL in any element.</summary>
    internal static void Texts(FindingCollector findings, string clause, string[]? values, string member)
    {
        for (int i = 0; i < values?.Length; i++)
        {
            if (values[i] is { } value && !value.Contains('\0', StringComparison.Ordinal))
                continue;
            findings.Push(member);
            findings.Push(i);
            if (values[i] is null)
                findings.Must(FindingCode.UnexpectedNull, clause, "expected a string, got null");
            else
                Text(findings, clause, values[i], null);
            findings.Pop();
            findings.Pop();
        }
    }

    /// <summary>Text that is written to a file of lines, where a line break would start another entry.</summary>
    internal static bool Line(FindingCollector findings, string clause, string? value, string? member)
    {
        if (!Text(findings, clause, value, member))
            return false;
        if (value is null || !value.Contains('\n', StringComparison.Ordinal))
            return true;
        findings.Must(FindingCode.LineBreak, clause, $"{Words.Quote(value)} holds a line break: write one line", member);
        return false;
    }

    /// <summary>A path of at most PATH_MAX bytes without NUL; absent is fine.</summary>
    internal static bool Path(FindingCollector findings, string clause, string? value, string? member)
    {
        if (!Text(findings, clause, value, member))
            return false;
        if (value is null || value.Length * 3 <= PathMaximum)
            return true;
        int length = Encoding.UTF8.GetByteCount(value);
        if (length <= PathMaximum)
            return true;
        findings.Must(FindingCode.TooLong, clause, $"the path is {length} bytes long: the kernel takes at most {PathMaximum}", member);
        return false;
    }

    /// <summary>As <see cref="Path"/>, and it starts with a slash.</summary>
    internal static void AbsolutePath(FindingCollector findings, string clause, string? value, string? member)
    {
        if (string.IsNullOrEmpty(value))
            findings.Must(FindingCode.Missing, clause, "is empty: give an absolute path", member);
        else if (Path(findings, clause, value, member) && value[0] != '/')
            findings.Must(FindingCode.NotAbsolute, clause, $"{Words.Quote(value)} is not an absolute path: start it with /", member);
    }

    /// <summary>Every element is an absolute path.</summary>
    internal static void AbsolutePaths(FindingCollector findings, string clause, string[]? values, string member)
    {
        for (int i = 0; i < values?.Length; i++)
        {
            if (values[i] is ['/', ..] value && value.Length * 3 <= PathMaximum && !value.Contains('\0', StringComparison.Ordinal))
                continue;
            findings.Push(member);
            findings.Push(i);
            AbsolutePath(findings, clause, values[i], null);
            findings.Pop();
            findings.Pop();
        }
    }

    /// <summary>A word of a list.</summary>
    /// <returns>It is there and known.</returns>
    internal static bool Word(FindingCollector findings, string clause, string? value, string? member, IReadOnlyList<string> words)
    {
        if (string.IsNullOrEmpty(value))
        {
            findings.Must(FindingCode.Missing, clause, $"is missing: expected {Words.OneOf(words)}", member);
            return false;
        }
        for (int i = 0; i < words.Count; i++)
        {
            if (words[i] == value)
                return true;
        }
        string? suggestion = Words.Nearest(value, words);
        string expected = words.Count <= 9 ? $"expected {Words.OneOf(words)}" : "see the list in the specification";
        findings.Must(FindingCode.UnknownValue, clause, $"{Words.Quote(value)} is unknown: {expected}", member, suggestion);
        return false;
    }

    /// <summary>Every element is a word of a list.</summary>
    internal static void EachWord(FindingCollector findings, string clause, string[]? values, string member, IReadOnlyList<string> words)
    {
        if (values is null || values.Length == 0)
            return;
        findings.Push(member);
        for (int i = 0; i < values.Length; i++)
        {
            findings.Push(i);
            Word(findings, clause, values[i], null, words);
            findings.Pop();
        }
        findings.Pop();
    }

    /// <summary>A list of processors or memory nodes.</summary>
    internal static void NumberList(FindingCollector findings, string clause, string? value, string member)
    {
        if (!string.IsNullOrEmpty(value) && !CpuList.TryParse(value, out _))
            findings.Must(FindingCode.Malformed, clause, $"{Words.Quote(value)} is not a list of numbers: write it as in 0-3,7", member);
    }

    /// <summary>An entry of environ(7).</summary>
    internal static void Environment(FindingCollector findings, string clause, string[]? values, string member)
    {
        for (int i = 0; i < values?.Length; i++)
        {
            string? entry = values[i];
            if (entry is not null && entry.IndexOf('=', StringComparison.Ordinal) > 0 && !entry.Contains('\0', StringComparison.Ordinal))
                continue;
            findings.Push(member);
            findings.Push(i);
            if (entry is null)
                findings.Must(FindingCode.UnexpectedNull, clause, "expected a string, got null");
            else if (Text(findings, clause, entry, null))
                findings.Must(FindingCode.Malformed, clause, $"{Words.Quote(entry)} is not NAME=VALUE: write it so, the name not empty");
            findings.Pop();
            findings.Pop();
        }
    }
}
