using OciRun.Images.Layers;
using OciRun.Images.Model;
using OciRun.Images.Sources;
using OciRun.Linux;

namespace OciRun.Images.Store;

/// <summary>Hashes every blob again, and extracts every layer again to compare it with what is there.</summary>
internal sealed class Verifier(StoreDirectory store)
{
    private const int MaxPerLayer = 20;

    private readonly List<Damage> _damage = [];
    private readonly HashSet<Digest> _blobs = [], _layers = [];

    internal VerifyReport Run(IEnumerable<(string Name, Descriptor Manifest)> images)
    {
        foreach (var (name, manifest) in images)
        {
            Try(name, () => Verify(name, manifest));
        }

        return new(_blobs.Count, _layers.Count, _damage);
    }

    private void Verify(string name, Descriptor descriptor)
    {
        using var files = new StoreFiles(store);
        var image = new LayoutReader(files).Read(descriptor); // verifies the documents
        _blobs.Add(Digest.Parse(descriptor.Digest, name));
        _blobs.Add(image.ConfigDigest);
        Digest? below = null;
        var chains = new List<Digest>();
        foreach (var layer in image.Layers)
        {
            var chain = Digest.Chain(below, layer.DiffId);
            bool newBlob = _blobs.Add(layer.Digest), newLayer = _layers.Add(chain);
            if (newBlob || newLayer)
            {
                Try($"layer {layer.Digest}", () => Verify(layer, chain, chains, newLayer));
            }

            chains.Insert(0, chain);
            below = chain;
        }
    }

    private void Verify(SourceLayer layer, Digest chain, List<Digest> below, bool compare)
    {
        if (!compare)
        {
            using var blob = new BlobStream(store.OpenBlob(layer.Digest), layer.Digest, layer.Descriptor.Size, $"layer {layer.Digest}", null);
            blob.Finish();
            return;
        }

        if (!store.HasLayer(chain) || store.TryRead(StoreDirectory.LayerPath(chain) + "/layer.json") is null)
        {
            throw new ImageException(ImageError.Store, "is not extracted");
        }

        int count = 0;
        new LayerCheck(store).Compare(layer, chain, below, (path, problem) =>
        {
            if (++count <= MaxPerLayer)
            {
                _damage.Add(new($"layers/{chain.Hex}/diff/{Quoting.Escape(RawName.ToText(path))}", problem));
            }
        });
        if (count > MaxPerLayer)
        {
            _damage.Add(new($"layers/{chain.Hex}", $"{count - MaxPerLayer} more files differ"));
        }
    }

    /// <summary>Damage to one thing is no reason not to look at the next.</summary>
    private void Try(string what, Action step)
    {
        try
        {
            step();
        }
        catch (Exception error) when (error is ImageException or LinuxException)
        {
            _damage.Add(new(what, error.Message));
        }
    }
}
