using System.Diagnostics;
using System.Globalization;

namespace OciRun.Conformance.Containers;

/// <summary>One test's piece of the machine: a directory with its bundles, and a state root. At its end everything in it is ended and removed, whatever the runtime did.</summary>
internal sealed class Sandbox : IDisposable
{
    private static int s_count;
    private readonly string _rootfs;
    private readonly List<Container> _containers = [];

    /// <param name="runtime">Under test.</param>
    /// <param name="host">What this machine can.</param>
    /// <param name="rootfs">A directory with busybox and the probe, which is copied.</param>
    /// <param name="work">Where the sandbox's directory is made.</param>
    public Sandbox(Runtime runtime, Host host, string rootfs, string work)
    {
        (Runtime, Host, _rootfs) = (runtime, host, rootfs);
        Token = $"oc{Environment.ProcessId}x{Interlocked.Increment(ref s_count)}";
        Directory = Path.Combine(work, Token);
        System.IO.Directory.CreateDirectory(StateRoot);
    }

    public Runtime Runtime { get; }

    public Host Host { get; }

    /// <summary>Part of every container's id, cgroup and path in this test, and of nothing else on the machine.</summary>
    public string Token { get; }

    public string Directory { get; }

    public string StateRoot => Path.Combine(Directory, "state");

    /// <summary>The runtime's calls so far.</summary>
    public List<CommandResult> Transcript { get; } = [];

    /// <summary>What the last container's config has that the minimal one has not.</summary>
    public string ConfigDifference => _containers.Count == 0 ? "" : Shorten(_containers[^1].Difference);

    /// <summary>A bundle with its own root file system and the minimal config.</summary>
    public Container NewContainer()
    {
        var container = new Container(this, $"{Token}-{(char)('a' + _containers.Count)}");
        _containers.Add(container);
        return container;
    }

    /// <summary>An operation of the runtime, its words as given: <c>Call("state", id)</c>.</summary>
    public CommandResult Call(params string[] words) => CallAfter("", words);

    /// <summary>The same after shell commands in the same process: umask 027, exec 5&lt;/etc/passwd.</summary>
    public CommandResult CallAfter(string before, params string[] words)
    {
        var result = Command.Run(Directory, [Runtime.Path, "--root", StateRoot, .. words], before);
        Transcript.Add(result);
        return result;
    }

    /// <summary>A program of the host.</summary>
    public CommandResult Program(params string[] words) => Command.Run(Directory, words);

    /// <summary>A file of this sandbox's directory: its path.</summary>
    public string File(string name) => Path.Combine(Directory, name);

    /// <summary>A tmpfs below this sandbox's directory, on the host's side; only in a mount namespace of the suite's own.</summary>
    public string HostTmpfs(string name, string options = "rw", string propagation = "private")
    {
        Check.Needs(Host.HasOwnMounts, "wants a mount on the host: start the suite by spec-conformance/suite/run, which gives it a mount namespace");
        string path = File(name);
        System.IO.Directory.CreateDirectory(path);
        if (Program("mount", "-t", "tmpfs", "-o", options, "conformance", path).ExitCode != 0 || Program("mount", "--make-" + propagation, path).ExitCode != 0)
            throw new SuiteException($"cannot mount a tmpfs with {options} at {path}");
        return path;
    }

    internal void CopyRootfs(string target)
    {
        System.IO.Directory.CreateDirectory(target);
        var copy = Program("cp", "-a", "--reflink=auto", _rootfs + "/.", target);
        if (copy.ExitCode != 0)
            throw new SuiteException($"cannot copy {_rootfs}: {copy.Error}");
    }

    /// <summary>Without what differs from run to run.</summary>
    public string Shorten(string text) =>
        text.Replace(Directory, "…", StringComparison.Ordinal).Replace(Token + "-", "c-", StringComparison.Ordinal);

    public void Dispose()
    {
        foreach (var container in _containers)
            Program(Runtime.Path, "--root", StateRoot, "delete", "--force", container.Id);
        foreach (int pid in Ours())
            Kill(pid);
        foreach (string cgroup in Host.CgroupsNamed(Token + "-").OrderByDescending(c => c.Length))
            RemoveCgroup(cgroup);
        foreach (string target in System.IO.File.ReadLines("/proc/self/mountinfo").Select(l => MountInfo.Parse(l).Target).Where(t => t.StartsWith(Directory + "/", StringComparison.Ordinal)).Reverse())
            Process.Start("umount", ["-l", target]).WaitForExit();
        Process.Start("rm", ["-rf", "--one-file-system", Directory]).WaitForExit();
    }

    /// <summary>Processes that carry this sandbox's mark in their environment or sit in one of its cgroups.</summary>
    public IReadOnlyList<int> Ours() =>
        [.. System.IO.Directory.GetDirectories("/proc").Select(d => int.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) ? pid : 0)
            .Where(pid => pid > 0 && pid != Environment.ProcessId && IsOurs(pid))];

    // A zombie holds nothing any more, and only its parent can take it away.
    private bool IsOurs(int pid) =>
        (Read($"/proc/{pid}/environ").Contains($"CONFORMANCE={Token}\0", StringComparison.Ordinal) || Read($"/proc/{pid}/cgroup").Contains(Token + "-", StringComparison.Ordinal))
        && !Read($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);

    // Processes come and go while we look.
    private static string Read(string path)
    {
        try
        {
            return System.IO.File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static void Kill(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            process.Kill();
            process.WaitForExit(2000);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // It has ended meanwhile.
        }
    }

    // A killed process leaves its cgroup a moment later.
    private static void RemoveCgroup(string path)
    {
        for (int i = 0; i < 100 && System.IO.Directory.Exists(path); i++)
        {
            using var rmdir = Process.Start(new ProcessStartInfo("rmdir", [path]) { RedirectStandardError = true })!;
            rmdir.WaitForExit();
            if (rmdir.ExitCode != 0)
                Thread.Sleep(20);
        }
    }
}
