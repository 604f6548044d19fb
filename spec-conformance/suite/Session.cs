using OciRun.Conformance.Clauses;
using OciRun.Conformance.Reports;

namespace OciRun.Conformance;

/// <summary>One run of the suite over one runtime.</summary>
internal static class Session
{
    /// <summary>The exit status: 1 when a test failed, else 0.</summary>
    public static int Run(ClauseList clauses, SessionOptions options)
    {
        var tests = Catalog.Find(clauses).Where(t => IsWanted(t, options.Filter)).ToList();
        if (tests.Count == 0)
            throw new SuiteException($"no test has {options.Filter} in its name or clauses");
        string rootfs = Path.GetFullPath(options.Rootfs);
        if (!File.Exists(Path.Combine(rootfs, "bin/probe")))
            throw new SuiteException($"{rootfs} has no bin/probe: run 'make artifacts/test-rootfs.stamp', or name a directory with --rootfs");
        if (Environment.UserName != "root")
            throw new SuiteException("needs root: containers with devices and cgroups");
        var runtime = Runtime.Find(options.Runtime);
        var host = new Host();
        var runner = new Runner(runtime, host, rootfs, Path.GetFullPath(options.Work));
        runner.CheckMinimalContainer();
        using var file = options.Output is null ? null : new StreamWriter(options.Output);
        return Report(MakeReport(options.Format, file ?? Console.Out), runner, runtime, host, tests);
    }

    /// <summary>Prints every clause with its tests, or why it has none.</summary>
    public static int List(ClauseList clauses)
    {
        var tests = Catalog.Find(clauses);
        foreach (var clause in clauses.All)
        {
            string names = string.Join(", ", tests.Where(t => t.Clauses.Contains(clause.Id)).Select(t => t.Name));
            Console.WriteLine($"{clause.Id}\t{clause.Level.ToString().ToUpperInvariant()}\t{(names.Length > 0 ? names : "no test: " + clause.Untested)}");
        }
        return 0;
    }

    private static int Report(IReport report, Runner runner, Runtime runtime, Host host, List<Test> tests)
    {
        report.Begin(runtime, host, tests.Count);
        var results = new List<Result>();
        foreach (var test in tests)
        {
            results.Add(runner.Run(test));
            report.Add(results[^1]);
        }
        report.End(results);
        return results.Any(r => r.Outcome == Outcome.Fail) ? 1 : 0;
    }

    private static IReport MakeReport(string format, TextWriter output) => format switch
    {
        "junit" => new JUnitReport(output),
        "json" => new JsonReport(output),
        _ => new TapReport(output),
    };

    private static bool IsWanted(Test test, string? filter) =>
        filter is null || test.Name.Contains(filter, StringComparison.OrdinalIgnoreCase) || test.Clauses.Any(c => c.Contains(filter, StringComparison.OrdinalIgnoreCase));
}
