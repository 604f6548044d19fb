using System.Text.Json;
using OciRun.Images.Model;
using OciRun.Images.Sources;
using OciRun.Linux;

namespace OciRun.Images.Store;

/// <summary>index.json: which name means which manifest.</summary>
internal sealed class NameIndex(StoreDirectory store)
{
    /// <summary>The names and their manifests, sorted by name.</summary>
    internal List<(string Name, Descriptor Manifest)> Read()
    {
        var found = new List<(string Name, Descriptor Manifest)>();
        foreach (var descriptor in ReadDocument().Manifests ?? [])
        {
            if (LayoutReader.Reference(descriptor) is { } name)
            {
                found.Add((name, descriptor));
            }
        }

        found.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return found;
    }

    /// <summary>What a name means; null when it means nothing.</summary>
    internal (string Name, Descriptor Manifest)? Find(string name)
    {
        var all = Read();
        int at = all.FindIndex(entry => entry.Name == name);
        if (at < 0 && ImageName.Alternative(name) is { } other)
        {
            at = all.FindIndex(entry => entry.Name == other);
        }

        return at < 0 ? null : all[at];
    }

    /// <summary>Gives a name to a manifest, whatever it meant before.</summary>
    internal void Set(string name, Descriptor manifest) => Change(all =>
    {
        all.RemoveAll(entry => LayoutReader.Reference(entry) == name);
        var annotations = new Dictionary<string, string>(manifest.Annotations ?? []) { [LayoutReader.ReferenceName] = name };
        all.Add(manifest with { Annotations = annotations, Data = null, Urls = null });
    });

    /// <summary>Takes names away.</summary>
    internal void Remove(IReadOnlyCollection<string> names) => Change(all => all.RemoveAll(entry => LayoutReader.Reference(entry) is { } name && names.Contains(name)));

    private ImageDocument ReadDocument() => Documents.ReadDocument(
        store.TryRead("index.json") ?? throw new ImageException(ImageError.Store, $"{Quoting.Quote(store.Path)} has no index.json: it is no image store any more"),
        null, $"{Quoting.Escape(store.Path)}: index.json");

    private void Change(Action<List<Descriptor>> change)
    {
        using SafeFd held = store.LockName("index.lock");
        var document = ReadDocument();
        var all = new List<Descriptor>(document.Manifests ?? []);
        change(all);
        store.Replace("index.json", JsonSerializer.SerializeToUtf8Bytes(document with { Manifests = all }, ImagesJsonContext.Default.ImageDocument));
    }
}
