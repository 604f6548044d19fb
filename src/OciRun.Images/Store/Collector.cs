using System.Text;
using OciRun.Images.Model;
using OciRun.Images.Sources;
using OciRun.Linux;

namespace OciRun.Images.Store;

/// <summary>Removes what nobody needs. The store is locked alone meanwhile, so nothing is in the making.</summary>
internal sealed class Collector(StoreDirectory store, NameIndex names, References references)
{
    private int _blobs, _layers, _references, _containers;
    private long _bytes;

    private const string StateFile = "state"; // as the runtime writes it
    private const long Grace = 3600; // seconds

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
        CollectSteps();
        Clear("locks");
        return new(_blobs, _layers, _references, _containers, temporary, Math.Max(_bytes, 0));
    }

    private void CollectContainers()
    {
        foreach (string id in Names("containers"))
        {
            string path = "containers/" + id;
            using SafeFd? directory = TreeFiles.TryOpen(store.Root, path, OpenFlags.ReadOnly | OpenFlags.Directory, out _);
            if (directory is not null && Files.TryLock(directory, wait: false) == Errno.None && !IsAlive(directory, path))
            {
                Remove(path);
                _containers++;
            }
        }
    }

    /// <summary>
    /// A container is there as long as its state directory. Where that is, the container's own says; one that does not say so yet is just being made, unless it is old.
    /// </summary>
    private bool IsAlive(SafeFd directory, string path)
    {
        if (store.TryRead($"{path}/{StateFile}") is not { Length: > 0 } state)
        {
            return DateTimeOffset.UtcNow.ToUnixTimeSeconds() - TreeFiles.Facts(directory, path).Modified.Seconds < Grace;
        }

        return Files.TryStatus(SafeFd.CurrentDirectory, Encoding.UTF8.GetString(state), followLink: false, out var errno) is not null
            || errno is not (Errno.ENOENT or Errno.ENOTDIR);
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

    /// <summary>What is known of a step is of use as long as the layers are there.</summary>
    private void CollectSteps()
    {
        foreach (string name in store.HasFolder("steps") ? Names("steps") : [])
        {
            var record = store.TryRead("steps/" + name) is { } text ? Documents.Parse(text, ImagesJsonContext.Default.StepRecord, "steps/" + name) : null;
            bool isUseful = Digest.TryParse(record?.Chain, out var chain) && store.HasLayer(chain)
                && (record!.Layer is not { } layer || (Digest.TryParse(layer.Digest, out var blob) && store.HasBlob(blob, layer.Size)));
            if (!isUseful)
            {
                store.RemoveAll("steps/" + name);
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
