using System.Reflection;

namespace OciRun.Conformance.Clauses;

/// <summary>The clauses of spec-conformance/clauses: one file a document of the specification, tab-separated: id, section, level, words, reason without a test.</summary>
internal sealed class ClauseList
{
    /// <summary>In the order in which the specification is read.</summary>
    private static readonly string[] s_files = ["bundle.tsv", "runtime.tsv", "runtime-linux.tsv", "config.tsv", "config-linux.tsv", "features.tsv", "features-linux.tsv", "left-out.tsv"];

    private readonly Dictionary<string, Clause> _byId = [];

    private ClauseList() { }

    /// <summary>Every clause.</summary>
    public List<Clause> All { get; } = [];

    /// <summary>Sentences with a key word that are no clause: document, why, words.</summary>
    public List<(string Document, string Why, string Words)> LeftOut { get; } = [];

    public Clause this[string id] => _byId[id];

    public bool Has(string id) => _byId.ContainsKey(id);

    /// <summary>Reads what is embedded in the program.</summary>
    /// <exception cref="SuiteException">A line is not of the form.</exception>
    public static ClauseList Read()
    {
        var list = new ClauseList();
        var assembly = Assembly.GetExecutingAssembly();
        foreach (string name in assembly.GetManifestResourceNames().Where(n => n.EndsWith(".tsv", StringComparison.Ordinal)).OrderBy(n => Array.IndexOf(s_files, Path.GetFileName(n))))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            list.ReadFile(Path.GetFileName(name), reader.ReadToEnd());
        }
        return list;
    }

    private void ReadFile(string file, string text)
    {
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
                continue;
            string[] fields = line.Split('\t');
            if (file == "left-out.tsv" && fields.Length == 3)
                LeftOut.Add((fields[0], fields[1], fields[2]));
            else if (fields.Length is 4 or 5 && Enum.TryParse(fields[2], ignoreCase: true, out Level level))
                Add(new Clause(fields[0], Path.ChangeExtension(file, ".md"), fields[1], level, fields[3], fields.Length == 5 ? fields[4] : null), $"{file}:{number}");
            else
                throw new SuiteException($"{file}:{number}: want id, section, MUST or SHOULD or MAY, words, perhaps the reason why there is no test, with tabs between");
        }
    }

    private void Add(Clause clause, string place)
    {
        if (!_byId.TryAdd(clause.Id, clause))
            throw new SuiteException($"{place}: {clause.Id} is there twice");
        All.Add(clause);
    }
}
