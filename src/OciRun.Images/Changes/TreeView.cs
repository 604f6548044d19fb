using OciRun.Linux;

namespace OciRun.Images.Changes;

/// <summary>How a container's files are to be read.</summary>
public sealed record TreeView
{
    /// <summary>What the runtime mounted (raw names, relative): places that it had to make for that are no change (row I103).</summary>
    public IReadOnlySet<string> MountPoints { get; init; } = new HashSet<string>();

    /// <summary>Devices and links that the runtime makes where nothing is mounted on /dev: no change either.</summary>
    public IReadOnlySet<string> Devices { get; init; } = new HashSet<string>();

    /// <summary>Where something is mounted now, in a tree that is seen from inside: not looked at.</summary>
    public IReadOnlySet<string> Covered { get; init; } = new HashSet<string>();

    /// <summary>The id in the container of an owner of a file; null for one that it does not have.</summary>
    public Func<uint, uint?> Uid { get; init; } = static uid => uid;

    /// <summary>The same of a group.</summary>
    public Func<uint, uint?> Gid { get; init; } = static gid => gid;

    /// <summary>The layers have ids of the container on the disk.</summary>
    public bool LowerHasContainerIds { get; init; } = true;

    /// <summary>The owner and group that the container sees.</summary>
    internal (uint? Uid, uint? Gid) Owner(FileFacts facts) => (Uid(facts.Uid), Gid(facts.Gid));

    /// <summary>The same of a file of a layer.</summary>
    internal (uint? Uid, uint? Gid) LowerOwner(FileFacts facts) => LowerHasContainerIds ? (facts.Uid, facts.Gid) : Owner(facts);
}
