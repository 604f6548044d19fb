using System.Diagnostics;

namespace OciRun.Integration.Harness;

/// <summary>One test's piece of the machine: a directory with its bundles, a state root, and at the end the search for what was left.</summary>
public sealed class Sandbox : IDisposable
{
    /// <summary>An environment variable that every process of our containers has.</summary>
    public const string Mark = "OCIRUN_TEST";

    private static readonly string s_base = Path.Combine(Path.GetTempPath(), $"ocirun-tests-{Environment.ProcessId}");
    private static int s_count;

    private readonly LeakCheck _leaks;
    private readonly List<RunningCommand> _commands = [];
    private readonly HashSet<string> _mayLive = [];
    private int _containers;

    static Sandbox() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        // What a failed test has left for whoever looks into it stays.
        if (System.IO.Directory.Exists(s_base) && !System.IO.Directory.EnumerateFileSystemEntries(s_base).Any())
            System.IO.Directory.Delete(s_base);
    };

    public Sandbox()
    {
        Token = $"t{Environment.ProcessId}x{Interlocked.Increment(ref s_count)}";
        Directory = Path.Combine(s_base, Token);
        StateRoot = Path.Combine(Directory, "state");
        System.IO.Directory.CreateDirectory(Directory);
        _leaks = new LeakCheck(this);
    }

    /// <summary>Part of every container's id, cgroup and path in this test, and of nothing else on the machine.</summary>
    public string Token { get; }

    public string Directory { get; }

    public string StateRoot { get; }

    public Container NewContainer() => new(this, $"{Token}-{(char)('a' + _containers++)}");

    /// <summary>The runtime with global options and words as given, nothing added.</summary>
    public Command Runtime(params string[] words) => new(Directory, [RuntimeUnderTest.Path, .. words]);

    /// <summary>A program of the host.</summary>
    public Command Program(params string[] words) => new(Directory, words);

    internal RunningCommand Keep(RunningCommand command)
    {
        _commands.Add(command);
        return command;
    }

    /// <summary>The test may end with this container alive: it is deleted before the search for leaks.</summary>
    internal void MayLive(string id) => _mayLive.Add(id);

    internal void CopyRootfs(string target)
    {
        if (!System.IO.Directory.Exists(Assets.Rootfs))
            throw new InvalidOperationException($"{Assets.Rootfs} is missing: run 'make artifacts/test-rootfs.stamp'");
        System.IO.Directory.CreateDirectory(target);
        Program("cp", "-a", "--reflink=auto", Assets.Rootfs + "/.", target).Run().ShouldExit(0);
    }

    public void Dispose()
    {
        var faults = new List<string>();
        foreach (string id in States())
        {
            if (!_mayLive.Contains(id))
                faults.Add($"state directory of {id}, which no successful create or detached run made");
            var deletion = Runtime("--root", StateRoot, "delete", "--force", id).Run();
            if (deletion.ExitCode != 0)
                faults.Add($"delete --force {id}: status {deletion.ExitCode}: {deletion.Error.Trim()}");
        }
        foreach (var command in _commands)
            command.Dispose();
        faults.AddRange(States().Select(id => $"state directory of {id} after delete --force"));
        faults.AddRange(_leaks.Find());
        if (faults.Count == 0)
            RemoveDirectory();
        Assert.True(faults.Count == 0, "left behind (in " + Directory + "):\n  " + string.Join("\n  ", faults));
    }

    private IEnumerable<string> States() =>
        System.IO.Directory.Exists(StateRoot) ? [.. System.IO.Directory.GetDirectories(StateRoot).Select(d => Path.GetFileName(d)!)] : [];

    // Only when nothing is mounted below it any more; rm is told to stay on this file system all the same.
    private void RemoveDirectory()
    {
        using var rm = Process.Start("rm", ["-rf", "--one-file-system", Directory]);
        rm.WaitForExit();
    }
}
