using System.Globalization;

namespace OciRun.Integration.Harness;

/// <summary>Mounts, cgroups and processes before a test; afterwards the names of what was added.</summary>
internal sealed class LeakCheck
{
    private readonly Sandbox _sandbox;
    private readonly HashSet<string> _mounts;

    public LeakCheck(Sandbox sandbox)
    {
        _sandbox = sandbox;
        _mounts = [.. Mounts()];
    }

    /// <summary>What is there now and was not before. Ends of processes and cgroups are waited for, for a moment.</summary>
    public List<string> Find()
    {
        var found = FindNow();
        for (int i = 0; i < 500 && found.Count > 0; i++)
        {
            Thread.Sleep(20);
            found = FindNow();
        }
        return found;
    }

    private List<string> FindNow()
    {
        var found = new List<string>();
        // Tests of other classes run beside this one: their mounts, if they make any, name their own directories.
        found.AddRange(Mounts().Where(m => !_mounts.Contains(m) && !IsOfAnotherTest(m)).Select(m => "mount: " + m));
        found.AddRange(Cgroups().Select(c => "cgroup: " + c));
        found.AddRange(Processes());
        return found;
    }

    private bool IsOfAnotherTest(string mount) =>
        mount.Contains("/ocirun-tests-", StringComparison.Ordinal) && !mount.Contains(_sandbox.Token + "/", StringComparison.Ordinal);

    // systemd mounts binfmt_misc when the first program looks at its automount point.
    private static IEnumerable<string> Mounts() =>
        File.ReadLines("/proc/self/mountinfo").Select(WithoutId).Where(mount => !mount.Contains(" /proc/sys/fs/binfmt_misc ", StringComparison.Ordinal));

    // The two leading numbers are counters; the place and the file system say which mount it is.
    private static string WithoutId(string line) => string.Join(' ', line.Split(' ').Skip(2));

    private IEnumerable<string> Cgroups()
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint };
        return Directory.Exists("/sys/fs/cgroup")
            ? Directory.EnumerateDirectories("/sys/fs/cgroup", "*" + _sandbox.Token + "-*", options)
            : [];
    }

    private IEnumerable<string> Processes()
    {
        foreach (string directory in Directory.GetDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) || pid == Environment.ProcessId)
                continue;
            string? why = WhyOurs(directory);
            if (why is not null)
                yield return $"process {pid} ({Read(directory + "/comm").Trim()}): {why}: {Read(directory + "/cmdline").Replace('\0', ' ')}";
        }
    }

    private string? WhyOurs(string directory)
    {
        // A zombie holds nothing any more, and only its parent can take it away.
        string status = Read(directory + "/stat");
        if (status.Length == 0 || status[(status.LastIndexOf(')') + 1)..].TrimStart().StartsWith('Z'))
            return null;
        foreach (string file in new[] { "cmdline", "environ", "cgroup", "mountinfo" })
        {
            string text = Read(directory + "/" + file);
            if (text.Contains(_sandbox.Token + "-", StringComparison.Ordinal) || text.Contains($"{Sandbox.Mark}={_sandbox.Token}\0", StringComparison.Ordinal))
                return "named in its " + file;
        }
        return null;
    }

    // Processes come and go while we look.
    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
