using System.Diagnostics;

namespace OciRun.Integration.Harness;

/// <summary>A program that was started and may still run.</summary>
public sealed class RunningCommand : IDisposable
{
    private readonly string _command;
    private readonly Process _process;
    private readonly string _output;
    private readonly string _error;

    internal RunningCommand(string command, Process process, string output, string error)
    {
        _command = command;
        _process = process;
        _output = output;
        _error = error;
    }

    public int Pid => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>SIGKILL, if it still runs.</summary>
    public void Kill() => _process.Kill();

    /// <summary>What it has said so far.</summary>
    public string Output => File.Exists(_output) ? File.ReadAllText(_output) : "";

    public string Error => File.Exists(_error) ? File.ReadAllText(_error) : "";

    /// <summary>Waits until it has ended; when it does not, in a time that suffices on a busy machine, it is killed and the test fails.</summary>
    public CommandResult Wait(TimeSpan? limit = null)
    {
        TimeSpan patience = limit ?? TimeSpan.FromSeconds(60);
        if (!_process.WaitForExit(patience))
        {
            _process.Kill(entireProcessTree: true);
            Assert.Fail($"{_command}\nstill ran after {patience.TotalSeconds:0} s\nstdout: {Output}\nstderr: {Error}");
        }
        return new CommandResult(_command, _process.ExitCode, Output, Error);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }
        _process.Dispose();
    }
}
