using System.Text;
using OciRun.Linux;

namespace OciRun.Images.Store;

/// <summary>Removes what nobody needs. The store is locked alone meanwhile, so nothing is in the making.</summary>
internal sealed class Collector(StoreDirectory store, NameIndex names, References references)
{
    private int _blobs, _layers, _references, _containers;
    private long _bytes;

    /// <summary>In the directory of a container: the path of its state directory, which is there as long as the container.</summary>
    internal const string StateFile = "state";

    internal GcReport Run()
    {
        _bytes += DiskUsage.Of(store.Root, "tmp");
        int temporary = store.SweepTemporary();
        _bytes -= DiskUsage.Of(store.Root, "tmp");
        CollectContainers();
        var roots = new Roots(store);
        foreach (var (_, manifest) in names.Read())
        {
            roots.Mark(manifest);
        }

        foreach (var (path, record) in references.All())
        {
            if (References.IsAlive(record))
            {
                roots.Mark(new() { Digest = record.Manifest, Size = record.ManifestSize });
            }
            else
            {
                store.RemoveAll(path);
                _references++;
            }
        }

        CollectLayers(roots);
        CollectBlobs(roots);
        Clear("locks");
        return new(_blobs, _layers, _references, _containers, temporary, Math.Max(_bytes, 0));
    }

    private void CollectContainers()
    {
        foreach (string id in Names("containers"))
        {
            byte[]? state = store.TryRead($"containers/{id}/{StateFile}");
            if (state is null || (Files.TryStatus(SafeFd.CurrentDirectory, Encoding.UTF8.GetString(state), followLink: true, out var errno) is null && errno is Errno.ENOENT or Errno.ENOTDIR))
            {
                Remove("containers/" + id);
                _containers++;
            }
        }
    }

    private void CollectLayers(Roots roots)
    {
        foreach (string hex in Names("layers"))
        {
            if (!roots.Layers.Contains(hex))
            {
                Remove("layers/" + hex);
                _layers++;
            }
        }
    }

    private void CollectBlobs(Roots roots)
    {
        foreach (string algorithm in Names("blobs"))
        {
            foreach (string hex in Names("blobs/" + algorithm))
            {
                if (!Digest.TryParse($"{algorithm}:{hex}", out var digest) || !roots.Blobs.Contains(digest))
                {
                    Remove($"blobs/{algorithm}/{hex}");
                    _blobs++;
                }
            }
        }
    }

    /// <summary>Out of sight first: a removal that is interrupted must not leave half a layer in its place.</summary>
    private void Remove(string path)
    {
        _bytes += DiskUsage.Of(store.Root, path);
        string temporary = StoreDirectory.NewTemporary();
        store.MoveInto(path, temporary);
        store.RemoveAll(temporary);
    }

    private void Clear(string folder)
    {
        foreach (string name in Names(folder))
        {
            store.RemoveAll(folder + "/" + name);
        }
    }

    private List<string> Names(string path)
    {
        using SafeFd folder = store.OpenFolder(path);
        return TreeFiles.Entries(folder).ConvertAll(static entry => entry.Name);
    }
}
