namespace OciRun.Conformance.Reports;

/// <summary>How many there were of each outcome.</summary>
internal static class Figures
{
    public static string Sentence(IEnumerable<Result> results)
    {
        var list = results.ToList();
        return $"{Count(list, Outcome.Pass)} passed, {Count(list, Outcome.Fail)} failed, {Count(list, Outcome.Differ)} differ where they may, {Count(list, Outcome.Skip)} skipped";
    }

    private static int Count(List<Result> results, Outcome outcome) => results.Count(r => r.Outcome == outcome);
}
