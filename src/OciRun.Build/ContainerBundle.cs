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
        string path = $"{store.Directory}/containers/{id}";
        RootFilesystem.Claim(path, root, id);
        SafeFd directory = Files.Open(path, OpenFlags.ReadOnly | OpenFlags.Directory);
        try
        {
            if (Files.TryLock(directory, wait: false) != Errno.None || Files.TryStatus(SafeFd.CurrentDirectory, $"{root}/{id}", followLink: false, out _) is not null)
            {
                throw new ContainerException(ErrorCode.ContainerExists, $"container with given ID already exists: {Quoting.Quote(id)} in {Quoting.Escape(root)}");
            }

            return new ContainerBundle(store, path, directory, id);
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }
}
