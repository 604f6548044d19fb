using OciRun.Images;
using OciRun.Linux;
using OciRun.Runtime;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Build;

/// <summary>The directory of a container in the store while the container is being made: locked, so that no other one of the same name gets in between.</summary>
public sealed class ContainerBundle : IDisposable
{
    private readonly ImageStore _store;
    private readonly SafeFd _lock;
    private readonly string _id;

    private ContainerBundle(ImageStore store, string path, SafeFd held, string id) => (_store, Path, _lock, _id) = (store, path, held, id);

    /// <summary>Absolute.</summary>
    public string Path { get; }

    /// <summary>Removes it with all that is in it.</summary>
    /// <exception cref="ImageException">It cannot be removed.</exception>
    public void Remove() => _store.RemoveContainerDirectory(_id);

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    /// <exception cref="ContainerException">There is a container of this id, or one is being made.</exception>
    internal static ContainerBundle Claim(ImageStore store, string root, string id)
    {
        string path = PathOf(store, id);
        RootFilesystem.Claim(path, root, id);
        return Hold(store, root, id, Files.Open(path, OpenFlags.ReadOnly | OpenFlags.Directory));
    }

    /// <summary>For a step of a build: marked before it has its name, so that a kill at no moment leaves what <see cref="BuildLeftovers"/> does not know.</summary>
    /// <exception cref="ContainerException">There is a container of this id.</exception>
    internal static ContainerBundle ClaimForBuild(ImageStore store, string root, string id)
    {
        using ScratchDirectory scratch = store.MakeScratch();
        BuildLeftovers.Mark(scratch.Path);
        SafeFd directory = Files.Open(scratch.Path, OpenFlags.ReadOnly | OpenFlags.Directory);
        try
        {
            _ = Files.TryLock(directory, wait: false); // nobody else knows it
            Files.Rename(SafeFd.CurrentDirectory, scratch.Path, PathOf(store, id));
            RootFilesystem.Claim(PathOf(store, id), root, id);
        }
        catch
        {
            directory.Dispose();
            throw;
        }

        return Hold(store, root, id, directory);
    }

    private static string PathOf(ImageStore store, string id) => $"{store.Directory}/containers/{id}";

    private static ContainerBundle Hold(ImageStore store, string root, string id, SafeFd directory)
    {
        if (Files.TryLock(directory, wait: false) == Errno.None && Files.TryStatus(SafeFd.CurrentDirectory, $"{root}/{id}", followLink: false, out _) is null)
        {
            return new ContainerBundle(store, PathOf(store, id), directory, id);
        }

        directory.Dispose();
        throw new ContainerException(ErrorCode.ContainerExists, $"container with given ID already exists: {Quoting.Quote(id)} in {Quoting.Escape(root)}");
    }
}
