using System.Diagnostics;
using System.Globalization;

namespace OciRun.Cgroups.Tests;

/// <summary>A cgroup of the real machine for one test, and processes for it; all of it is gone afterwards, also after a failure.</summary>
internal sealed class TestCgroup : IDisposable
{
    private static int s_count;
    private readonly List<Process> _processes = [];

    internal TestCgroup(string? below = null, CgroupHost? host = null)
    {
        Name = string.Create(CultureInfo.InvariantCulture, $"ocirun-test-{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}");
        Path = "/" + (below is null ? Name : Name + "/" + below);
        Host = host ?? CgroupHost.Detect();
        Cgroup = Cgroup.Plan(Host, Path, Name, rootless: false);
    }

    internal string Name { get; }

    internal string Path { get; }

    internal CgroupHost Host { get; }

    internal Cgroup Cgroup { get; private set; }

    /// <summary>Skips the test when this machine or this user cannot run it.</summary>
    internal static void Need(bool v2)
    {
        Assert.SkipUnless(Environment.UserName == "root", "needs root");
        CgroupHost? host = null;
        try
        {
            host = CgroupHost.Detect();
        }
        catch (CgroupException error)
        {
            Assert.Skip(error.Message);
        }
        Assert.SkipUnless((host.Mode == CgroupMode.V2) == v2, v2 ? "this machine limits by cgroup v1: PrivateV2Tests runs it in a mount namespace with a bare cgroup2" : "this machine has cgroup v2 only");
    }

    /// <summary>As another invocation would take it up.</summary>
    internal void Reopen()
    {
        Cgroup.Dispose();
        Cgroup = Cgroup.FromPaths(new Dictionary<string, string>(Cgroup.Paths), [.. Cgroup.Created]);
    }

    internal string Read(string file, string controller = "") => File.ReadAllText(Cgroup.Paths[controller] + "/" + file).TrimEnd('\n');

    internal void Write(string file, string value, string controller = "")
    {
        using var stream = new FileStream(Cgroup.Paths[controller] + "/" + file, FileMode.Open, FileAccess.Write);
        stream.Write(System.Text.Encoding.UTF8.GetBytes(value));
    }

    /// <summary>A shell outside of the cgroup.</summary>
    internal Process Start(string script)
    {
        var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;
        _processes.Add(process);
        return process;
    }

    /// <summary>Runs a script inside of the cgroup and gives its exit status.</summary>
    internal int Run(string script)
    {
        var process = Start("read go; " + script);
        Cgroup.AddProcess(process.Id);
        process.StandardInput.WriteLine("go");
        process.WaitForExit(20_000).Should().BeTrue();
        return process.ExitCode;
    }

    public void Dispose()
    {
        foreach (var process in _processes)
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
        foreach (var controller in new[] { "freezer", "" })
        {
            if (Cgroup.Paths.TryGetValue(controller, out var path) && Directory.Exists(path))
            {
                Cgroup.Thaw();
            }
        }
        foreach (var process in _processes)
        {
            process.WaitForExit(10_000);
            process.Dispose();
        }
        Cgroup.Dispose();
        foreach (var path in new HashSet<string>(Cgroup.Paths.Values))
        {
            RemoveTree(path[..(path.IndexOf(Name, StringComparison.Ordinal) + Name.Length)]);
        }
    }

    private static void RemoveTree(string path)
    {
        if (!Directory.Exists(path))
        {
            return;
        }
        foreach (var child in Directory.GetDirectories(path))
        {
            RemoveTree(child);
        }
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                Directory.Delete(path);
                return;
            }
            catch (IOException) when (attempt < 100)
            {
                Thread.Sleep(20);
            }
        }
    }
}
