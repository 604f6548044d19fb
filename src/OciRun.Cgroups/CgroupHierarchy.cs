namespace OciRun.Cgroups;

/// <summary>A mounted cgroup hierarchy.</summary>
/// <param name="MountPoint">Absolute path of the mount.</param>
/// <param name="Root">The directory of the hierarchy that is mounted there (field 4 of proc_pid_mountinfo(5)); not <c>/</c> inside a container without a cgroup namespace.</param>
/// <param name="Controllers">Names as in /proc/PID/cgroup: <c>cpu</c>, <c>cpuacct</c>, <c>name=systemd</c>; the empty name is the unified hierarchy.</param>
public sealed record CgroupHierarchy(string MountPoint, string Root, IReadOnlyList<string> Controllers);
