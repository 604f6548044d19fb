using System.Diagnostics;

namespace OciRun.Conformance.Running;

/// <summary>Runs tests one after the other, each in a sandbox of its own.</summary>
internal sealed class Runner(Runtime runtime, Host host, string rootfs, string work)
{
    /// <summary>A fault of the suite in one test is thrown; what the runtime does wrong is a result.</summary>
    public Result Run(Test test)
    {
        var clock = Stopwatch.StartNew();
        using var box = new Sandbox(runtime, host, rootfs, work);
        try
        {
            var (outcome, text) = test.Run(box);
            return new Result(test.Name, test.Clauses, outcome, text, box.ConfigDifference, [.. box.Transcript.Select(c => c.Shown(box))], clock.Elapsed.TotalSeconds);
        }
        catch (Exception e) when (e is not SuiteException)
        {
            throw new SuiteException($"{test.Name}: {e}");
        }
    }

    /// <summary>Whether the runtime runs a minimal container at all.</summary>
    /// <exception cref="SuiteException">It does not: no result would mean anything.</exception>
    public void CheckMinimalContainer()
    {
        using var box = new Sandbox(runtime, host, rootfs, work);
        try
        {
            var result = box.NewContainer().Probe("exit", "0").Run();
            if (result.ExitCode != 0)
                throw new SuiteException($"{runtime.Name} cannot run the minimal container:\n{result.Shown(box)}");
        }
        catch (ClauseViolatedException e)
        {
            throw new SuiteException($"{runtime.Name} cannot run the minimal container: {e.Message}");
        }
    }
}
