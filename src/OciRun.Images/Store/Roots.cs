using OciRun.Images.Model;
using OciRun.Images.Sources;

namespace OciRun.Images.Store;

/// <summary>What images need: the marks of a collection.</summary>
internal sealed class Roots(StoreDirectory store)
{
    internal HashSet<Digest> Blobs { get; } = [];

    internal HashSet<string> Layers { get; } = [];

    /// <summary>Marks an image. Of one that is damaged as much as can be read is kept: collecting is not the time to lose more.</summary>
    internal void Mark(Descriptor descriptor)
    {
        if (!Digest.TryParse(descriptor.Digest, out var digest) || !Blobs.Add(digest))
        {
            return;
        }

        if (store.TryRead(StoreDirectory.BlobPath(digest)) is not { } content)
        {
            return;
        }

        var manifest = Documents.ReadDocument(content, null, $"manifest {digest}");
        manifest.Manifests?.ForEach(Mark);
        if (manifest.Config is null || !Digest.TryParse(manifest.Config.Digest, out var configDigest))
        {
            return;
        }

        Blobs.Add(configDigest);
        foreach (var layer in manifest.Layers ?? [])
        {
            if (Digest.TryParse(layer.Digest, out var layerDigest))
            {
                Blobs.Add(layerDigest);
            }
        }

        if (store.TryRead(StoreDirectory.BlobPath(configDigest)) is { } config)
        {
            Digest? chain = null;
            foreach (string diffId in Documents.ReadConfig(config, $"configuration {configDigest}").Rootfs?.DiffIds ?? [])
            {
                chain = Digest.Chain(chain, Digest.Parse(diffId, "diff_ids"));
                Layers.Add(chain.Value.Hex);
            }
        }
    }
}
