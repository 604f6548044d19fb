using System.Globalization;

namespace OciRun.Conformance.Containers;

/// <summary>What this machine can: tests skip by it.</summary>
internal sealed class Host
{
    private readonly ulong _capabilities = Convert.ToUInt64(
        File.ReadLines("/proc/self/status").First(l => l.StartsWith("CapEff:", StringComparison.Ordinal))[7..].Trim(), 16);

    /// <summary>cgroup2 on /sys/fs/cgroup itself.</summary>
    public bool IsCgroupV2 { get; } = File.Exists("/sys/fs/cgroup/cgroup.controllers");

    /// <summary>Whether mounts made here stay here: spec-conformance/suite/run gives the suite a mount namespace of its own.</summary>
    public bool HasOwnMounts { get; } = Environment.GetEnvironmentVariable("CONFORMANCE_INSIDE") == "1";

    /// <summary>In the lab: spec-conformance/suite/lab says so.</summary>
    public bool IsVirtual { get; } = Environment.GetEnvironmentVariable("CONFORMANCE_LAB") == "1";

    /// <summary>"6.18".</summary>
    public string Kernel { get; } = string.Join('.', File.ReadAllText("/proc/sys/kernel/osrelease").Split('.').Take(2));

    /// <summary>"cgroup v2", "cgroup v1".</summary>
    public string Cgroups => IsCgroupV2 ? "cgroup v2" : "cgroup v1";

    /// <summary>A capability of this process, and so of the runtime, by its number (capabilities(7)).</summary>
    public bool HasCapability(int number) => (_capabilities >> number & 1) != 0;

    /// <summary>CAP_SYS_RESOURCE: to raise hard limits and lower oom_score_adj.</summary>
    public bool CanRaiseLimits => HasCapability(24);

    /// <summary>CAP_SYS_NICE: real-time scheduling.</summary>
    public bool CanSchedule => HasCapability(23);

    public bool HasAppArmor { get; } = File.Exists("/sys/module/apparmor/parameters/enabled") && File.ReadAllText("/sys/module/apparmor/parameters/enabled").StartsWith('Y');

    /// <summary>With a policy: without one every label is "kernel".</summary>
    public bool HasSelinux { get; } = File.Exists("/sys/fs/selinux/enforce") && File.ReadAllText("/proc/self/attr/current").Contains(':', StringComparison.Ordinal);

    /// <summary>NUMA: memory policies.</summary>
    public bool HasMemoryPolicies { get; } = File.Exists("/proc/self/numa_maps");

    /// <summary>Personalities that change what uname(2) says: User Mode Linux knows none.</summary>
    public bool HasLinux32 { get; } = Answers("setarch", "linux32", "sh", "-c", "[ $(uname -m) != x86_64 ]");

    /// <summary>
    /// Real-time policies in a cgroup. A kernel built with CONFIG_RT_GROUP_SCHED gives a group of cgroup v2 no real-time budget, and there is no file to give it one.
    /// </summary>
    public bool HasRealTimeInCgroups
    {
        get
        {
            if (!IsCgroupV2)
                return true;
            string cgroup = $"/sys/fs/cgroup/conformance-{Environment.ProcessId}";
            Directory.CreateDirectory(cgroup);
            try
            {
                return Answers("sh", "-c", $"echo 0 >{cgroup}/cgroup.procs && exec chrt -f 1 true");
            }
            finally
            {
                Directory.Delete(cgroup);
            }
        }
    }

    private static bool Answers(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    /// <summary>A v1 controller that is mounted, or one that v2 passes on below its root.</summary>
    public bool HasController(string name) => IsCgroupV2
        ? File.ReadAllText("/sys/fs/cgroup/cgroup.controllers").Split([' ', '\n']).Contains(name)
        : Directory.Exists("/sys/fs/cgroup/" + name);

    /// <summary>The directory of a container's cgroup, in the hierarchy of a controller on v1.</summary>
    public string CgroupPath(string controller, string cgroupsPath) =>
        Path.Combine("/sys/fs/cgroup", IsCgroupV2 ? "" : controller, cgroupsPath.TrimStart('/'));

    /// <summary>Every directory of the cgroup file systems whose name contains the word.</summary>
    public static IReadOnlyList<string> CgroupsNamed(string word)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint };
        return Directory.Exists("/sys/fs/cgroup") ? [.. Directory.EnumerateDirectories("/sys/fs/cgroup", $"*{word}*", options)] : [];
    }

    /// <summary>A namespace of this process, which is the runtime's: "net:[4026531840]".</summary>
    public static string Namespace(string name, int pid = 0) =>
        File.ResolveLinkTarget(string.Create(CultureInfo.InvariantCulture, $"/proc/{(pid == 0 ? Environment.ProcessId : pid)}/ns/{name}"), false)!.Name;
}
