using System.Diagnostics;

namespace OciRun.Conformance.Upstream;

/// <summary>Programs of another suite that speak TAP: a built checkout of the specification's own validation programs. Each is one result.</summary>
internal sealed class ValidationPrograms(Runtime runtime, string checkout, double seconds)
{
    /// <summary>The executables below the checkout whose name ends with ".t", by name.</summary>
    /// <exception cref="SuiteException">There is none.</exception>
    public static IReadOnlyList<string> Find(string checkout)
    {
        if (!Directory.Exists(checkout))
            throw new SuiteException($"{checkout} is no directory");
        string[] programs = [.. Directory.EnumerateFiles(checkout, "*.t", SearchOption.AllDirectories).Where(IsExecutable).Order(StringComparer.Ordinal)];
        return programs.Length > 0 ? programs : throw new SuiteException($"no executable *.t below {checkout}: build its validation programs first");
    }

    private static bool IsExecutable(string path) => (File.GetUnixFileMode(path) & UnixFileMode.UserExecute) != 0;

    /// <summary>Runs one in the checkout's root with RUNTIME in its environment, no longer than the time limit.</summary>
    public Result Run(string program)
    {
        string directory = Directory.CreateTempSubdirectory("conformance-").FullName;
        var clock = Stopwatch.StartNew();
        try
        {
            var end = Command.Run(directory, [program], $"export RUNTIME='{runtime.Path}'", seconds, checkout);
            var tap = TapText.Read(end.Output);
            var (outcome, text) = Judge(end, tap);
            return new Result(Path.GetRelativePath(checkout, program), [], outcome, text, "", outcome == Outcome.Fail ? [LastLines(end.Error)] : [], clock.Elapsed.TotalSeconds);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private (Outcome Outcome, string Text) Judge(CommandResult end, TapText tap)
    {
        string count = $"{tap.Passed} ok, {tap.Failed} not ok, {tap.Skipped} skipped";
        int points = tap.Passed + tap.Failed + tap.Skipped;
        if (end.ExitCode == CommandResult.Hung)
            return (Outcome.Fail, $"did not end within {seconds * Command.Patience} s; {count}");
        if (tap.Failed > 0)
            return (Outcome.Fail, $"{count}; {tap.FirstFailure}");
        if (end.ExitCode != 0)
            return (Outcome.Fail, $"ended with {end.ExitCode}; {count}");
        if (points == 0 && tap.FirstError is not null)
            return (Outcome.Fail, $"{count}; {tap.FirstError}");
        if (points == 0 && tap.SkipReason is not null)
            return (Outcome.Skip, tap.SkipReason);
        if (points == 0 || (tap.Planned is { } planned && planned != points))
            return (Outcome.Fail, $"{(tap.Planned is null ? "no plan" : $"planned {tap.Planned}")}, {count}");
        return tap.Passed == 0 ? (Outcome.Skip, $"every point is skipped: {count}") : (Outcome.Pass, count);
    }

    private static string LastLines(string text) => string.Join(" / ", text.Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(3));
}
