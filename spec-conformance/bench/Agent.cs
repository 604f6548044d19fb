using System.Diagnostics;
using System.Globalization;

namespace OciRun.Bench;

/// <summary>The stop-watch process (agent.c): it starts the runtimes, so that their figures are not those of a child of a big managed process.</summary>
internal sealed class Agent : IDisposable
{
    private readonly Process _process;

    public Agent(string path) =>
        _process = Process.Start(new ProcessStartInfo(path) { RedirectStandardInput = true, RedirectStandardOutput = true })!;

    /// <summary>Runs a program to its end.</summary>
    public Sample Run(params IEnumerable<string> words) => Ask(["run", .. words]);

    /// <summary>Waits for the end of the container's init, whose pid is in the file.</summary>
    public Sample Reap(string pidFile) => Ask(["reap", pidFile]);

    /// <summary>Peak memory of the process in the file.</summary>
    public Sample Peak(string pidFile) => Ask(["peak", pidFile]);

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private Sample Ask(string[] words)
    {
        _process.StandardInput.WriteLine(string.Join('\t', words));
        _process.StandardInput.Flush();
        string[] answer = (_process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("the stop-watch has gone")).Split(' ');
        return new Sample(
            long.Parse(answer[0], CultureInfo.InvariantCulture) / 1e6,
            long.Parse(answer[1], CultureInfo.InvariantCulture),
            int.Parse(answer[2], CultureInfo.InvariantCulture));
    }
}
