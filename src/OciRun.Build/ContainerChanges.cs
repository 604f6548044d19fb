using OciRun.Images.Changes;
using OciRun.Linux;
using OciRun.Runtime;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Build;

/// <summary>What a container has changed in its root filesystem.</summary>
public static class ContainerChanges
{
    /// <summary>The changes of a container, sorted by path.</summary>
    /// <param name="runtime">The options before the verb.</param>
    /// <param name="id">Of the container.</param>
    /// <exception cref="ContainerException">There is no such container; its root filesystem is a plain directory, or was in memory and is gone.</exception>
    /// <exception cref="LinuxException">The files cannot be read.</exception>
    public static IReadOnlyList<Change> Find(RuntimeOptions runtime, string id)
    {
        using ContainerFiles container = ContainerFiles.Open(runtime, id);
        if (container.Lower.Count == 0)
        {
            throw new ContainerException(
                ErrorCode.Unsupported,
                $"the root filesystem of container {id} is the directory {Quoting.Quote(container.Rootfs)} itself, so there is nothing to compare it with: run it with --overlay, or of an image");
        }

        using ChangedTree? tree = Open(container, id);
        return tree?.Find() ?? [];
    }

    /// <summary>The changes as a tree over the layers; null where there can be none, on a read-only root filesystem.</summary>
    /// <exception cref="ContainerException">They were in memory, and are gone.</exception>
    internal static ChangedTree? Open(ContainerFiles container, string id)
    {
        TreeView view = View(container) with { MountPoints = container.MountPoints, Devices = container.Devices };
        if (container.Upper is not null)
        {
            return ChangedTree.OfUpper(container.Upper, container.Lower, view);
        }

        if (!container.IsInMemory)
        {
            return null;
        }

        var merged = container.TryOpenMerged() ?? throw new ContainerException(
            ErrorCode.ContainerNotRunning, $"container not running: {Quoting.Quote(id)}; what it changed was in memory (--overlay=tmpfs) and has ended with it: --overlay keeps changes until delete");
        return ChangedTree.OfMerged(merged.Root, container.Lower, view with { Covered = merged.Mounts });
    }

    /// <summary>Whose files are whose, in the container.</summary>
    internal static TreeView View(ContainerFiles container) =>
        new() { Uid = container.ContainerUid, Gid = container.ContainerGid, LowerHasContainerIds = container.LowerHasContainerIds };
}
