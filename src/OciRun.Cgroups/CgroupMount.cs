namespace OciRun.Cgroups;

/// <summary>One step of making the container's /sys/fs/cgroup.</summary>
/// <param name="Kind">What is made.</param>
/// <param name="Target">Relative to the mount's destination; the empty text is the destination itself. Directories are to be made.</param>
/// <param name="Source">Device name of a filesystem, directory of the host, or text of the link.</param>
/// <param name="FileSystem">Type of a filesystem: tmpfs, cgroup, cgroup2; empty otherwise.</param>
/// <param name="Data">Its own options, <c>mode=755</c> or <c>cpu,cpuacct</c>; empty: none.</param>
/// <param name="ReadOnly">Read-only in the end, whatever the mount's options say.</param>
public sealed record CgroupMount(CgroupMountKind Kind, string Target, string Source, string FileSystem, string Data, bool ReadOnly)
{
    /// <summary>
    /// The flags nosuid, nodev, noexec belong to it whatever the options say, and relatime (as runc). Otherwise the options of the config's mount alone count.
    /// </summary>
    public bool DefaultFlags { get; init; }

    /// <summary>To be made instead when this one fails with EPERM or EBUSY (a user namespace without a cgroup namespace of its own).</summary>
    public CgroupMount? Fallback { get; init; }
}
