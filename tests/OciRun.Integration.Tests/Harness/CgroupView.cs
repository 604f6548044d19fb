namespace OciRun.Integration.Harness;

/// <summary>The cgroup file systems of this machine as a test reads them back.</summary>
internal static class CgroupView
{
    /// <summary>cgroup2 on /sys/fs/cgroup itself: the unified layout.</summary>
    public static bool IsUnified { get; } = File.Exists("/sys/fs/cgroup/cgroup.controllers");

    /// <summary>Whether a v1 controller is mounted, or v2 offers it.</summary>
    public static bool Has(string controller) => IsUnified
        ? File.ReadAllText("/sys/fs/cgroup/cgroup.controllers").Split([' ', '\n']).Contains(controller)
        : Directory.Exists("/sys/fs/cgroup/" + controller);

    /// <summary>The directory of a container's cgroup for a controller.</summary>
    public static string PathOf(string controller, string cgroupsPath) =>
        Path.Combine("/sys/fs/cgroup", IsUnified ? "" : controller, cgroupsPath.TrimStart('/'));

    /// <summary>A file of it without its last newline.</summary>
    public static string Read(string controller, string cgroupsPath, string file) =>
        File.ReadAllText(Path.Combine(PathOf(controller, cgroupsPath), file)).TrimEnd('\n');

    /// <summary>The processes in it.</summary>
    public static int[] Processes(string controller, string cgroupsPath) =>
        [.. Read(controller, cgroupsPath, "cgroup.procs").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
}
