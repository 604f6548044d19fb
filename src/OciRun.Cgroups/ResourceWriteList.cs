namespace OciRun.Cgroups;

/// <summary>What linux.resources becomes on a machine.</summary>
/// <param name="Writes">In the order in which they are written.</param>
/// <param name="Warnings">Fields that have no effect any more, one line each.</param>
public sealed record ResourceWriteList(IReadOnlyList<CgroupWrite> Writes, IReadOnlyList<string> Warnings)
{
    /// <summary>Nothing to write.</summary>
    public static ResourceWriteList Empty { get; } = new([], []);
}
