namespace OciRun.Conformance.Clauses;

/// <summary>Compares the clauses with the text: each one's words stand there, its section exists, and no key word of RFC 2119 is passed over.</summary>
internal static class QuoteCheck
{
    private static readonly string[] s_keyWords = ["MUST", "SHALL", "SHOULD", "REQUIRED", "RECOMMENDED", "MAY"];

    /// <summary>Prints what is wrong, then the figures of each document. 0 when nothing is, else 1.</summary>
    /// <param name="clauses">What is checked.</param>
    /// <param name="directory">Where the documents are (the specification's repository, or its copy in runtime-spec/).</param>
    public static int Run(ClauseList clauses, string directory)
    {
        if (Directory.Exists(Path.Combine(directory, "runtime-spec")))
            directory = Path.Combine(directory, "runtime-spec");
        int faults = 0;
        foreach (string document in clauses.All.Select(c => c.Document).Distinct())
        {
            string path = Path.Combine(directory, document);
            if (!File.Exists(path))
                throw new SuiteException($"{path} is missing: name the directory with the documents of the runtime specification");
            faults += Check(clauses, document, File.ReadAllText(path));
        }
        return faults == 0 ? 0 : 1;
    }

    private static int Check(ClauseList clauses, string document, string markdown)
    {
        string text = SpecText.Plain(markdown);
        var mine = clauses.All.Where(c => c.Document == document).ToList();
        var leftOut = clauses.LeftOut.Where(l => l.Document == document).ToList();
        bool[] quoted = new bool[text.Length];
        int faults = 0;
        foreach (var clause in mine)
        {
            if (!markdown.Contains($"\"{clause.Section}\"", StringComparison.Ordinal))
                faults += Say($"{clause.Id}: no section {clause.Section} in {document}");
            if (!Mark(text, clause.Words, quoted))
                faults += Say($"{clause.Id}: does not stand in {document}: {clause.Words}");
        }
        foreach (var (_, _, words) in leftOut.Where(l => !Mark(text, l.Words, quoted)))
            faults += Say($"left-out.tsv: does not stand in {document}: {words}");
        int keyWords = 0;
        foreach (int at in KeyWords(text))
        {
            keyWords++;
            if (!quoted[at])
                faults += Say($"{document}: passed over: …{text[Math.Max(0, at - 60)..Math.Min(text.Length, at + 60)]}…");
        }
        string why = string.Join(", ", leftOut.GroupBy(l => l.Why).Select(g => $"{g.Key} {g.Count()}"));
        Console.WriteLine($"{document}: {mine.Count} clauses, {keyWords} key words, left out: {(why.Length > 0 ? why : "none")}");
        return faults;
    }

    private static int Say(string fault)
    {
        Console.WriteLine(fault);
        return 1;
    }

    // A sentence that stands there twice is one clause.
    private static bool Mark(string text, string words, bool[] quoted)
    {
        bool found = false;
        for (int at = text.IndexOf(words, StringComparison.Ordinal); at >= 0; at = text.IndexOf(words, at + 1, StringComparison.Ordinal))
        {
            found = true;
            quoted.AsSpan(at, words.Length).Fill(true);
        }
        return found;
    }

    private static IEnumerable<int> KeyWords(string text)
    {
        foreach (string word in s_keyWords)
        {
            for (int at = text.IndexOf(word, StringComparison.Ordinal); at >= 0; at = text.IndexOf(word, at + 1, StringComparison.Ordinal))
            {
                bool whole = (at == 0 || !char.IsLetter(text[at - 1])) && (at + word.Length == text.Length || !char.IsLetter(text[at + word.Length]));
                if (whole)
                    yield return at;
            }
        }
    }
}
