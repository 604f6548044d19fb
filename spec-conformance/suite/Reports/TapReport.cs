namespace OciRun.Conformance.Reports;

/// <summary>Test Anything Protocol, version 13, line by line as results come. What differs without being a failure is a TODO, which harnesses do not count.</summary>
internal sealed class TapReport(TextWriter output) : IReport
{
    private int _number;

    public void Begin(Runtime runtime, Host host, int count)
    {
        output.WriteLine("TAP version 13");
        output.WriteLine($"1..{count}");
        output.WriteLine($"# {runtime.Name} ({runtime.Path}), kernel {host.Kernel}, {host.Cgroups}");
    }

    public void Add(Result result)
    {
        string ok = result.Outcome is Outcome.Fail or Outcome.Differ ? "not ok" : "ok";
        string directive = result.Outcome switch
        {
            Outcome.Skip => " # SKIP " + OneLine(result.Text),
            Outcome.Differ => " # TODO differs, as it may",
            _ => "",
        };
        string clauses = result.Clauses.Length > 0 ? $" [{string.Join(", ", result.Clauses)}]" : "";
        output.WriteLine($"{ok} {++_number} {result.Test}{clauses}{directive}");
        if (result.Outcome is Outcome.Fail or Outcome.Differ)
        {
            output.WriteLine("# " + OneLine(result.Text));
            if (result.Config.Length > 0)
                output.WriteLine("# config: " + OneLine(result.Config));
            foreach (string call in result.Transcript)
                output.WriteLine("#   " + OneLine(call));
        }
        output.Flush();
    }

    public void End(IReadOnlyList<Result> results) => output.WriteLine("# " + Figures.Sentence(results));

    private static string OneLine(string text) => text.ReplaceLineEndings(" / ");
}
