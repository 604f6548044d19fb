using System.Text;
using OciRun.Conformance.Clauses;

namespace OciRun.Conformance.Reports;

/// <summary>The second half of the table: for each clause that a runtime fails, the config and what each of them said; for each that differs, how.</summary>
internal sealed class Differences(StringBuilder text, ClauseList clauses, IReadOnlyList<Test> tests, IReadOnlyList<JsonReport.Run> runs)
{
    public void Write()
    {
        text.Append("## Where a runtime fails\n\nOf each clause the first test that fails: what its config has beside the minimal one, then each runtime's calls.\n\n");
        foreach (var clause in clauses.All)
        {
            if (tests.FirstOrDefault(t => t.Clauses.Contains(clause.Id) && runs.Any(r => Of(r, t)?.Outcome == Outcome.Fail)) is { } test)
                WriteFailure(clause, test);
        }
        text.Append($"## Where a runtime differs, as it may\n\n| test | {string.Join(" | ", runs.Select(r => r.Title))} |\n|---|{string.Concat(runs.Select(_ => "---|"))}\n");
        foreach (var test in tests.Where(t => runs.Any(r => Of(r, t)?.Outcome == Outcome.Differ)))
            text.Append($"| {Cell(test.Name)} | {string.Join(" | ", runs.Select(r => Of(r, test) is { Outcome: Outcome.Differ } result ? Cell(Clean(result.Text)) : Of(r, test)?.Outcome.ToString().ToLowerInvariant() ?? "not run"))} |\n");
    }

    private static Result? Of(JsonReport.Run run, Test test) => run.Results.FirstOrDefault(r => r.Test == test.Name);

    private void WriteFailure(Clause clause, Test test)
    {
        text.Append($"### {clause.Id}\n\n> {clause.Words}\n\n{clause.Document}, {clause.Section}; test `{test.Name}`\n\n");
        string config = runs.Select(r => Of(r, test)?.Config ?? "").FirstOrDefault(c => c.Length > 0) ?? "";
        if (config.Length > 0)
            text.Append($"```json\n{config}\n```\n\n");
        foreach (var run in runs)
        {
            if (Of(run, test) is not { } result)
                continue;
            string said = string.Join("; ", result.Transcript.Where(c => c != "state: exit 0").Select(Clean));
            string outcome = result.Outcome switch { Outcome.Pass => "passes", Outcome.Fail => $"**fails**: {Clean(result.Text)}", Outcome.Differ => $"differs: {Clean(result.Text)}", _ => $"skipped: {result.Text}" };
            // "run failed: exit 1: ..." has said it already.
            bool isSaid = said.Length == 0 || result.Text.Contains(" failed: exit ", StringComparison.Ordinal);
            text.Append($"- {run.Title} {(isSaid ? outcome : $"{outcome}. `` {said} ``")}\n");
        }
        text.Append('\n');
    }

    // logrus' time is another one each time.
    private static string Clean(string line)
    {
        line = line.ReplaceLineEndings(" / ");
        for (int at = line.IndexOf("time=\"", StringComparison.Ordinal); at >= 0; at = line.IndexOf("time=\"", StringComparison.Ordinal))
        {
            int end = line.IndexOf("\" ", at, StringComparison.Ordinal);
            line = line.Remove(at, (end < 0 ? line.Length : end + 2) - at);
        }
        return line;
    }

    private static string Cell(string value) => value.Replace("|", "\\|", StringComparison.Ordinal);
}
