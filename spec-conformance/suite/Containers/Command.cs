using System.Diagnostics;
using System.Globalization;

namespace OciRun.Conformance.Containers;

/// <summary>Runs programs with their output in files, so that a container that `create` left behind holds no pipe of ours open, and never longer than a time limit.</summary>
internal static class Command
{
    private static int s_count;

    /// <summary>By how much time limits are longer on a slow machine: CONFORMANCE_PATIENCE, a whole number; else 1.</summary>
    public static int Patience { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("CONFORMANCE_PATIENCE"), CultureInfo.InvariantCulture, out int factor) && factor > 0 ? factor : 1;

    /// <summary>Runs a program to its end; one that hangs is killed with its children, and its status is <see cref="CommandResult.Hung"/>.</summary>
    /// <param name="directory">For the files of its output; also its working directory.</param>
    /// <param name="words">Program and arguments.</param>
    /// <param name="before">Shell commands before it is executed: umask, redirections of further descriptors.</param>
    /// <param name="seconds">The time limit, before patience.</param>
    /// <param name="workingDirectory">When it is another one.</param>
    public static CommandResult Run(string directory, IReadOnlyList<string> words, string before = "", double seconds = 20, string? workingDirectory = null)
    {
        string name = Path.Combine(directory, $"cmd.{Interlocked.Increment(ref s_count)}");
        string output = name + ".out", error = name + ".err";
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = workingDirectory ?? directory, UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"{before}\nexec \"$0\" \"$@\" </dev/null >'{output}' 2>'{error}'");
        foreach (string word in words)
            start.ArgumentList.Add(word);
        foreach (string variable in start.Environment.Keys.Where(IsForeign).ToArray())
            start.Environment.Remove(variable);
        using var process = Process.Start(start)!;
        bool ended = process.WaitForExit(TimeSpan.FromSeconds(seconds * Patience));
        if (!ended)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }
        return new CommandResult(words, ended ? process.ExitCode : CommandResult.Hung, output, error);
    }

    // What .NET or a service manager adds must not decide how a runtime behaves.
    private static bool IsForeign(string variable) =>
        variable.StartsWith("DOTNET_", StringComparison.Ordinal) || variable.StartsWith("LISTEN_", StringComparison.Ordinal) || variable is "NOTIFY_SOCKET";
}
