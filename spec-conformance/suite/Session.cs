using System.Runtime.InteropServices;
using OciRun.Conformance.Clauses;
using OciRun.Conformance.Reports;
using OciRun.Conformance.Upstream;

namespace OciRun.Conformance;

/// <summary>One run of the program. Every method gives the exit status: 1 when a test failed, else 0.</summary>
internal sealed class Session(SessionOptions options)
{
    /// <summary>The tests of this suite.</summary>
    /// <exception cref="SuiteException">They cannot be run here, or the runtime runs no container at all.</exception>
    public int Run(ClauseList clauses)
    {
        var tests = Catalog.Find(clauses).Where(t => IsWanted(t.Name) || t.Clauses.Any(IsWanted)).ToList();
        string rootfs = Path.GetFullPath(options.Rootfs);
        if (!File.Exists(Path.Combine(rootfs, "bin/probe")))
            throw new SuiteException($"{rootfs} has no bin/probe: run 'make artifacts/test-rootfs.stamp', or name a directory with --rootfs");
        var runtime = FindRuntime();
        var host = new Host();
        var runner = new Runner(runtime, host, rootfs, Path.GetFullPath(options.Work));
        runner.CheckMinimalContainer();
        return Report(runtime, host, tests, runner.Run);
    }

    /// <summary>The programs of another suite.</summary>
    public int RunPrograms(string checkout)
    {
        var runtime = FindRuntime();
        var programs = new ValidationPrograms(runtime, checkout, options.Limit);
        return Report(runtime, new Host(), [.. ValidationPrograms.Find(checkout).Where(IsWanted)], programs.Run);
    }

    /// <summary>The table of several runs.</summary>
    public int WriteTable(ClauseList clauses, string[] files)
    {
        string table = new Table(clauses, Catalog.Find(clauses), [.. files.Select(JsonReport.Read)]).Write();
        if (options.Output is null)
            Console.Write(table);
        else
            File.WriteAllText(options.Output, table);
        return 0;
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

    private Runtime FindRuntime()
    {
        if (!Environment.IsPrivilegedProcess)
            throw new SuiteException("needs root: containers with devices and cgroups");
        return Runtime.Find(options.Runtime);
    }

    private int Report<T>(Runtime runtime, Host host, List<T> tests, Func<T, Result> run)
    {
        if (tests.Count == 0)
            throw new SuiteException($"no test has {options.Filter} in its name or clauses");
        using var file = options.Output is null ? null : new StreamWriter(options.Output);
        IReport report = options.Format switch
        {
            "junit" => new JUnitReport(file ?? Console.Out),
            "json" => new JsonReport(file ?? Console.Out),
            _ => new TapReport(file ?? Console.Out),
        };
        // A signal ends it after the test that runs, so that nothing of a container is left.
        bool stopped = false;
        void Stop(PosixSignalContext signal) => stopped = signal.Cancel = true;
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var termination = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        report.Begin(runtime, host, tests.Count);
        var results = new List<Result>();
        foreach (var test in tests)
        {
            if (Volatile.Read(ref stopped))
                throw new SuiteException($"stopped by a signal after {results.Count} of {tests.Count} tests");
            results.Add(run(test));
            report.Add(results[^1]);
        }
        report.End(results);
        return results.Any(r => r.Outcome == Outcome.Fail) ? 1 : 0;
    }

    private bool IsWanted(string name) => options.Filter is null || name.Contains(options.Filter, StringComparison.OrdinalIgnoreCase);
}
