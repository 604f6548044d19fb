namespace OciRun.Bench;

/// <summary>docs/benchmarks.md: people's words with the tables between two marks.</summary>
internal static class Document
{
    private const string Begin = "<!-- bench: begin -->\n", End = "<!-- bench: end -->\n";

    /// <summary>Puts the tables in place of the old ones. The marks must be there.</summary>
    public static void Replace(string file, string table)
    {
        string text = File.ReadAllText(file);
        int begin = text.IndexOf(Begin, StringComparison.Ordinal), end = text.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
            throw new InvalidOperationException($"{file}: no \"{Begin.Trim()}\" … \"{End.Trim()}\"");
        File.WriteAllText(file, text[..(begin + Begin.Length)] + "\n" + table + "\n" + text[end..]);
    }
}
