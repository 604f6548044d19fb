using System.Globalization;
using OciRun.Images;
using OciRun.Images.Changes;
using OciRun.Images.Model;
using OciRun.Linux;
using OciRun.Runtime;
using OciRun.Runtime.Lifecycle;
using OciRun.Spec;

namespace OciRun.Build;

/// <summary>An image of what a container has made of its own.</summary>
public static class ContainerCommit
{
    /// <summary>
    /// Puts an image into the store: that of the container, with one more layer of what it has changed. Where the container is not of an image of the store, each directory of
    /// its root filesystem becomes a layer, and the image is run as the container was.
    /// </summary>
    /// <param name="runtime">The options before the verb.</param>
    /// <param name="store">Open.</param>
    /// <param name="id">Of the container.</param>
    /// <param name="name">Of the new image, whatever it meant before.</param>
    /// <param name="options">How.</param>
    /// <exception cref="ContainerException">There is no such container, it cannot be paused, or its changes were in memory and are gone.</exception>
    /// <exception cref="ImageException">A file cannot be in an image, or the store cannot be written. The store is as before.</exception>
    public static StoredImage Run(RuntimeOptions runtime, ImageStore store, string id, string name, CommitOptions options)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(options);
        ImageName.Check(name);
        using IDisposable pin = store.Pin();
        using ContainerFiles container = ContainerFiles.Open(runtime, id);
        StoredImage? below = FindImage(store, container);
        var steps = new List<NewStep>();
        string created = CommitOptions.Created(options.Epoch);
        if (below is null)
        {
            AddLayers(store, container, options.Epoch, created, steps);
        }

        WrittenLayer? layer;
        if (options.Pause)
        {
            container.Pause();
        }

        using (ChangedTree? tree = container.Lower.Count > 0 ? ContainerChanges.Open(container, id) : ChangedTree.OfUpper(container.Rootfs, [], ContainerChanges.View(container)))
        {
            layer = tree is null ? null : store.WriteLayer(tree, options.Epoch);
        }

        container.Resume();
        steps.Add(new NewStep(layer, new HistoryEntry { Created = created, CreatedBy = string.Join(' ', container.Config.Process?.Args ?? []) }));
        foreach (NewStep step in steps)
        {
            foreach (string warning in step.Layer?.Warnings ?? [])
            {
                runtime.Diagnostics.Warn(warning);
            }
        }

        return store.Add(name, below, steps, below is null ? Settings(container.Config.Process) : null, created);
    }

    /// <summary>The image whose layers are those of the container; null when there is none.</summary>
    private static StoredImage? FindImage(ImageStore store, ContainerFiles container)
    {
        if (container.Lower.Count == 0)
        {
            return null;
        }

        if (store.FindReference(container.Bundle) is { } own && IsSame(own.LowerDirectories, container.Lower))
        {
            return own;
        }

        foreach (StoredImage image in store.List())
        {
            if (IsSame(image.LowerDirectories, container.Lower))
            {
                return image;
            }
        }

        return null;
    }

    private static bool IsSame(IReadOnlyList<string> one, IReadOnlyList<string> other)
    {
        for (int i = 0; one.Count == other.Count && i < one.Count; i++)
        {
            FileFacts? left = Files.TryStatus(SafeFd.CurrentDirectory, one[i], followLink: true, out _), right = Files.TryStatus(SafeFd.CurrentDirectory, other[i], followLink: true, out _);
            if (left is null || right is null || !left.Value.IsSameFile(right.Value))
            {
                return false;
            }
        }

        return one.Count == other.Count;
    }

    /// <summary>A layer of each directory that the container lies on, the lowest first.</summary>
    private static void AddLayers(ImageStore store, ContainerFiles container, long? epoch, string created, List<NewStep> steps)
    {
        TreeView view = ContainerChanges.View(container);
        if (container.LowerHasContainerIds)
        {
            view = new TreeView();
        }

        for (int i = container.Lower.Count - 1; i >= 0; i--)
        {
            using var tree = ChangedTree.OfUpper(container.Lower[i], [.. container.Lower.Skip(i + 1)], view);
            steps.Add(new NewStep(store.WriteLayer(tree, epoch), new HistoryEntry { Created = created, Comment = "a directory of the root filesystem" }));
        }
    }

    private static ContainerSettings Settings(Process? process) => new()
    {
        Cmd = process?.Args is { } arguments ? [.. arguments] : null,
        Env = process?.Env is { } environment ? [.. environment] : null,
        WorkingDir = process?.Cwd,
        User = process?.User is { } user && (user.Uid != 0 || user.Gid != 0) ? string.Create(CultureInfo.InvariantCulture, $"{user.Uid}:{user.Gid}") : null,
    };
}
