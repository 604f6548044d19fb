namespace OciRun.Cgroups;

/// <summary>Which kind of cgroup hierarchies the machine has.</summary>
public enum CgroupMode
{
    /// <summary>One unified hierarchy on /sys/fs/cgroup.</summary>
    V2,

    /// <summary>One hierarchy a controller below /sys/fs/cgroup.</summary>
    V1,

    /// <summary>As <see cref="V1"/>, and a unified hierarchy on /sys/fs/cgroup/unified that processes also join.</summary>
    Hybrid,
}
