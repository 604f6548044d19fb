using OciRun.Images.Model;
using OciRun.Linux;

namespace OciRun.Images.Store;

/// <summary>Measures the store.</summary>
internal sealed class UsageCounter(StoreDirectory store, NameIndex names, References references)
{
    private readonly Dictionary<string, long> _sizes = [];

    internal UsageReport Run()
    {
        var parts = new List<(string Name, List<string> Paths)>();
        var users = new Dictionary<string, int>();
        foreach (var (name, manifest) in names.Read())
        {
            var paths = PartsOf(manifest);
            parts.Add((name, paths));
            foreach (string path in paths)
            {
                users[path] = users.GetValueOrDefault(path) + 1;
            }
        }

        var images = parts.ConvertAll(part =>
        {
            long size = part.Paths.Sum(SizeOf), shared = part.Paths.Where(path => users[path] > 1).Sum(SizeOf);
            return new ImageUsage(part.Name, size, shared, size - shared);
        });
        return new(images, Containers(), DiskUsage.Of(store.Root, ""));
    }

    private List<string> PartsOf(Descriptor manifest)
    {
        var roots = new Roots(store);
        roots.Mark(manifest);
        return [.. roots.Blobs.Select(StoreDirectory.BlobPath), .. roots.Layers.Select(static hex => "layers/" + hex)];
    }

    private long SizeOf(string path)
    {
        if (!_sizes.TryGetValue(path, out long size))
        {
            _sizes[path] = size = DiskUsage.Of(store.Root, path);
        }

        return size;
    }

    private List<ContainerUsage> Containers()
    {
        var found = new List<ContainerUsage>();
        using SafeFd folder = store.OpenFolder("containers");
        foreach (var (id, _) in TreeFiles.Entries(folder))
        {
            string bundle = $"{store.Path}/containers/{RawName.ToText(id)}";
            found.Add(new(RawName.ToText(id), references.Find(bundle)?.Image, DiskUsage.Of(folder, id)));
        }

        found.Sort(static (a, b) => string.CompareOrdinal(a.Id, b.Id));
        return found;
    }
}
