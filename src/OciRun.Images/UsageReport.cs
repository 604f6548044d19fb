namespace OciRun.Images;

/// <summary>Who takes how much room on the disk, in bytes.</summary>
/// <param name="Images">By name.</param>
/// <param name="Containers">What containers of the store have written.</param>
/// <param name="Total">All of it, everything once.</param>
public sealed record UsageReport(IReadOnlyList<ImageUsage> Images, IReadOnlyList<ContainerUsage> Containers, long Total);
