namespace OciRun.Cgroups;

/// <summary>How a container sees its cgroups, for a mount of type <c>cgroup</c>.</summary>
/// <param name="Mounts">To be made in this order.</param>
public sealed record CgroupMountPlan(IReadOnlyList<CgroupMount> Mounts);
