using System.Text;
using OciRun.Conformance.Clauses;

namespace OciRun.Conformance.Reports;

/// <summary>docs/conformance.md: clause, test and result of several runtimes, from what their runs wrote as JSON.</summary>
internal sealed class Table(ClauseList clauses, IReadOnlyList<Test> tests, IReadOnlyList<JsonReport.Run> runs)
{
    private readonly StringBuilder _text = new();

    private string Header => string.Join(" | ", runs.Select(r => r.Title));

    private string Rule => string.Concat(runs.Select(_ => "---|"));

    public string Write()
    {
        _text.Append("""
            # Conformance

            What the runtimes do with the clauses of the OCI runtime specification 1.3.0, one row a clause. Made by `make conformance-table`; the suite is
            [spec-conformance/suite](../spec-conformance/suite/README.md), the clauses with their words are [spec-conformance/clauses](../spec-conformance/clauses).

            - **fail**: does otherwise although the clause says MUST.
            - differs: does otherwise, as it may: the clause is SHOULD or MAY, or the text can be read in another way. No failure.
            - skip: this machine or this runtime cannot show it, with the reason [below](#not-checked). The lab is [a virtual machine](../spec-conformance/vm) with cgroup v2 and systemd, which can show some of
              what this one cannot.


            """);
        WriteFigures();
        foreach (string document in clauses.All.Select(c => c.Document).Distinct())
            WriteDocument(document);
        WriteNotChecked();
        new Differences(_text, clauses, tests, runs).Write();
        return _text.ToString();
    }

    private void WriteFigures()
    {
        _text.Append($"| clauses | {Header} |\n|---|{Rule}\n");
        foreach (var (name, outcome) in new[] { ("pass", Outcome.Pass), ("**fail**", Outcome.Fail), ("differs", Outcome.Differ), ("skip", Outcome.Skip) })
            _text.Append($"| {name} | {string.Join(" | ", runs.Select(r => clauses.All.Count(c => OutcomeOf(r, c.Id) == outcome)))} |\n");
        _text.Append($"| no test | {string.Join(" | ", runs.Select(_ => clauses.All.Count(c => c.Untested is not null)))} |\n");
        _text.Append($"| MUST clauses kept, of those checked | {string.Join(" | ", runs.Select(Share))} |\n");
        _text.Append($"| tests passed, of those run | {string.Join(" | ", runs.Select(r => $"{r.Results.Count(t => t.Outcome == Outcome.Pass)} of {r.Results.Count(t => t.Outcome != Outcome.Skip)}"))} |\n");
        _text.Append($"| on | {string.Join(" | ", runs.Select(r => $"Linux {r.Kernel}, {r.Cgroups}"))} |\n\n");
    }

    private string Share(JsonReport.Run run)
    {
        var outcomes = clauses.All.Where(c => c.Level == Level.Must).Select(c => OutcomeOf(run, c.Id)).Where(o => o is Outcome.Pass or Outcome.Fail).ToList();
        int kept = outcomes.Count(o => o == Outcome.Pass);
        return outcomes.Count == 0 ? "" : $"{kept} of {outcomes.Count} ({Math.Floor(1000.0 * kept / outcomes.Count) / 10} %)";
    }

    /// <summary>Of a clause: the worst of its tests; skip when all of them are; null when there is none.</summary>
    internal static Outcome? OutcomeOf(JsonReport.Run run, string clause)
    {
        var outcomes = run.Results.Where(r => r.Clauses.Contains(clause)).Select(r => r.Outcome).ToList();
        foreach (var outcome in new[] { Outcome.Fail, Outcome.Differ, Outcome.Pass, Outcome.Skip })
        {
            if (outcomes.Contains(outcome))
                return outcome;
        }
        return null;
    }

    private void WriteDocument(string document)
    {
        _text.Append($"## {document}\n\n| clause | level | words | test | {Header} |\n|---|---|---|---|{Rule}\n");
        foreach (var clause in clauses.All.Where(c => c.Document == document && c.Untested is null))
        {
            string names = string.Join(", ", tests.Where(t => t.Clauses.Contains(clause.Id)).GroupBy(t => t.Name.Split('(')[0]).Select(g => g.Count() == 1 ? g.Key : $"{g.Key} ×{g.Count()}"));
            _text.Append($"| {clause.Id} | {clause.Level.ToString().ToUpperInvariant()} | {Cell(clause.Words)} | {names} | {string.Join(" | ", runs.Select(r => Word(OutcomeOf(r, clause.Id))))} |\n");
        }
        _text.Append('\n');
    }

    private void WriteNotChecked()
    {
        _text.Append("## Not checked\n\n| clause | level | why |\n|---|---|---|\n");
        foreach (var clause in clauses.All)
        {
            var reasons = runs.SelectMany(r => r.Results.Where(t => t.Outcome == Outcome.Skip && t.Clauses.Contains(clause.Id)).Select(t => (t.Text, r.Title))).GroupBy(p => p.Text)
                .Select(g => $"{g.Key} ({string.Join(", ", g.Select(p => p.Title).Distinct())})").ToList();
            if (clause.Untested is not null)
                reasons.Add(clause.Untested);
            if (reasons.Count > 0)
                _text.Append($"| {clause.Id} | {clause.Level.ToString().ToUpperInvariant()} | {Cell(string.Join("; ", reasons))} |\n");
        }
        _text.Append('\n');
    }

    private static string Word(Outcome? outcome) => outcome switch
    {
        Outcome.Pass => "pass",
        Outcome.Fail => "**fail**",
        Outcome.Differ => "differs",
        Outcome.Skip => "skip",
        _ => "not run",
    };

    private static string Cell(string text) => text.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal);
}
