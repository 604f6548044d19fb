using System.Diagnostics;

namespace OciRun.Integration.Harness;

/// <summary>Runs a program with its output in files: a container that `create` left behind holds no pipe of ours open.</summary>
public sealed class Command
{
    private static int s_count;
    private readonly string _directory;
    private readonly List<string> _words;
    private readonly Dictionary<string, string?> _environment = [];
    private string _redirections = "";
    private string _first = "";
    private string _input = "/dev/null";

    /// <param name="directory">For the files of its output.</param>
    /// <param name="words">Program and arguments.</param>
    public Command(string directory, params IEnumerable<string> words)
    {
        _directory = directory;
        _words = [.. words];
    }

    /// <summary>After which the program counts as hanging: it is killed and the test fails.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(120 * Wait.Factor);

    public string? WorkingDirectory { get; set; }

    public Command Env(string name, string? value)
    {
        _environment[name] = value;
        return this;
    }

    /// <summary>Text for standard input.</summary>
    public Command Input(string text)
    {
        _input = Path.Combine(_directory, $"in.{Interlocked.Increment(ref s_count)}");
        File.WriteAllText(_input, text);
        return this;
    }

    /// <summary>Shell redirections that are made before the program starts: "3&lt;/etc/passwd", "0&lt;&amp;-".</summary>
    public Command Redirect(string redirections)
    {
        _redirections += " " + redirections;
        return this;
    }

    /// <summary>Socket activation (sd_listen_fds(3)): descriptors from 3 up, announced to exactly this process.</summary>
    public Command ListenFds(int count, string? names = null)
    {
        _first = $"export LISTEN_FDS={count} LISTEN_PID=$$;" + (names is null ? "" : $"export LISTEN_FDNAMES={names};");
        return this;
    }

    /// <summary>Runs it in a mount namespace of its own, after a shell script that prepares the mounts there. Nothing of it reaches the host.</summary>
    public Command InPrivateMounts(string script)
    {
        _words.InsertRange(0, ["unshare", "--mount", "--propagation", "private", "sh", "-ec", script + "\nexec \"$0\" \"$@\""]);
        return this;
    }

    public CommandResult Run()
    {
        using var running = Start();
        return running.Wait(Patience);
    }

    /// <summary>Starts it and returns at once; dispose of what is returned.</summary>
    public RunningCommand Start()
    {
        string name = Path.Combine(_directory, $"cmd.{Interlocked.Increment(ref s_count)}");
        string output = name + ".out", error = name + ".err";
        // dash keeps the redirections simple and execs: the process we hold is the program itself.
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = WorkingDirectory ?? _directory, UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(_first + $"exec \"$0\" \"$@\" <'{_input}' >'{output}' 2>'{error}'{_redirections}");
        foreach (string word in _words)
            start.ArgumentList.Add(word);
        foreach (string variable in start.Environment.Keys.Where(IsForeign).ToArray())
            start.Environment.Remove(variable);
        foreach (var (variable, value) in _environment)
            start.Environment[variable] = value;
        return new RunningCommand(string.Join(' ', _words), Process.Start(start)!, output, error);
    }

    // What the test host adds must not decide how a runtime behaves.
    private static bool IsForeign(string variable) =>
        variable.StartsWith("DOTNET_", StringComparison.Ordinal) || variable.StartsWith("LISTEN_", StringComparison.Ordinal) || variable is "NOTIFY_SOCKET";
}
