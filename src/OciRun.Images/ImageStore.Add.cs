using System.IO.Compression;
using System.Text.Json;
using OciRun.Images.Changes;
using OciRun.Images.Export;
using OciRun.Images.Model;
using OciRun.Images.Sources;
using OciRun.Images.Store;
using OciRun.Linux;

namespace OciRun.Images;

public sealed partial class ImageStore
{
    private const string BaseDigest = "org.opencontainers.image.base.digest", BaseName = "org.opencontainers.image.base.name";

    /// <summary>Makes the blob of a layer of what is changed in a tree. The store should be pinned from before this until <see cref="Add"/>.</summary>
    /// <param name="tree">Of a container that does not run, or stands still.</param>
    /// <param name="latest">No time in the layer is later, in seconds since 1970; null: as the files have it.</param>
    /// <returns>Null when nothing is changed.</returns>
    /// <exception cref="ImageException">A file cannot be in an image, or the store cannot be written.</exception>
    public WrittenLayer? WriteLayer(ChangedTree tree, long? latest)
    {
        ArgumentNullException.ThrowIfNull(tree);
        return Guard(() =>
        {
            var changes = tree.FindAll();
            if (changes.Count == 0)
            {
                return null;
            }

            return WriteBlob(output =>
            {
                var writer = new LayerWriter(tree, output, latest);
                writer.Run(changes);
                return writer.Warnings;
            });
        });
    }

    /// <summary>Makes the blob of a layer of single files. The store should be pinned from before this until <see cref="Add"/>.</summary>
    /// <param name="files">Each path once, with all directories on the way to it.</param>
    /// <param name="latest">No time in the layer is later, in seconds since 1970; null: as the files have it.</param>
    /// <exception cref="ImageException">A file cannot be read, or the store cannot be written.</exception>
    public WrittenLayer WriteLayer(IEnumerable<NewFile> files, long? latest) => Guard(() => WriteBlob(output =>
    {
        new ListWriter(output, latest).Run(files);
        return [];
    }));

    /// <summary>Makes an image of another one, or of nothing, and gives it a name. The new layers are extracted, too.</summary>
    /// <param name="name">Whatever it meant before.</param>
    /// <param name="below">Of this store, pinned since it was resolved; null for nothing.</param>
    /// <param name="steps">The lowest layer first.</param>
    /// <param name="settings">What its containers are run with; null: as those of the image below.</param>
    /// <param name="created">RFC 3339.</param>
    /// <exception cref="ImageException">The name is none, or the store cannot be written.</exception>
    public StoredImage Add(string name, StoredImage? below, IReadOnlyList<NewStep> steps, ContainerSettings? settings, string created)
    {
        ArgumentNullException.ThrowIfNull(steps);
        ImageName.Check(name);
        return Guard(() =>
        {
            using SafeFd held = _store.Lock(alone: false)!;
            byte[] config = JsonSerializer.SerializeToUtf8Bytes(Configure(below, steps, settings, created), ImagesJsonContext.Default.ImageConfig);
            var configDigest = Digest.Of(config);
            var document = new ImageDocument
            {
                SchemaVersion = 2,
                MediaType = MediaTypes.Manifest,
                Config = new Descriptor { MediaType = MediaTypes.Config, Digest = configDigest.ToString(), Size = config.Length },
                Layers = Blobs(below, steps),
                Annotations = Annotations(below),
            };
            byte[] manifest = JsonSerializer.SerializeToUtf8Bytes(document, ImagesJsonContext.Default.ImageDocument);
            var digest = Digest.Of(manifest);
            ExtractNew(below?.Layers ?? [], steps.Select(static step => step.Layer).OfType<WrittenLayer>());
            Put(configDigest, config);
            Put(digest, manifest);
            var descriptor = new Descriptor { MediaType = MediaTypes.Manifest, Digest = digest.ToString(), Size = manifest.Length };
            _names.Set(name, descriptor);
            return Load(name, descriptor);
        });
    }

    /// <param name="write">Writes the archive; gives what it left out.</param>
    private WrittenLayer WriteBlob(Func<Stream, List<string>> write)
    {
        string file = StoreDirectory.NewTemporary();
        try
        {
            WrittenLayer layer = WriteBlob(file, write);
            _store.MoveInto(file, StoreDirectory.BlobPath(Digest.Parse(layer.Blob.Digest, "layer")));
            _store.SyncFolder("blobs/sha256");
            return layer;
        }
        catch
        {
            _store.RemoveAll(file);
            throw;
        }
    }

    private WrittenLayer WriteBlob(string file, Func<Stream, List<string>> write)
    {
        Digest diffId;
        List<string> warnings;
        using var disk = new FdWriter(_store.CreateFile(file), file);
        using var compressed = new DigestStream(disk);
        // RFC 1952 with a time of 0 and no name: the same bytes every time (row I51).
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        using (var plain = new DigestStream(gzip))
        {
            warnings = write(plain);
            diffId = plain.Finish();
        }

        Digest blob = compressed.Finish();
        disk.Flush();
        TreeFiles.Sync(disk.File, file);
        return new WrittenLayer(new Descriptor { MediaType = MediaTypes.LayerGzip, Digest = blob.ToString(), Size = compressed.Count }, diffId, warnings);
    }

    /// <summary>From the blob, as an import does: what is extracted has been read back and verified.</summary>
    private void ExtractNew(IReadOnlyList<StoredLayer> below, IEnumerable<WrittenLayer> added)
    {
        using var importer = new Importer(_store, [.. below.Select(Source), .. added.Select(Source)], new());
        importer.Run();
    }

    private SourceLayer Source(StoredLayer layer)
    {
        MediaTypes.TryGetCompression(layer.Blob.MediaType, out var compression);
        return Source(layer.Blob, layer.DiffId, compression);
    }

    private SourceLayer Source(WrittenLayer layer) => Source(layer.Blob, layer.DiffId, Compression.Gzip);

    private SourceLayer Source(Descriptor blob, Digest diffId, Compression compression)
    {
        var digest = Digest.Parse(blob.Digest, "layer");
        return new SourceLayer(blob, digest, diffId, compression, () => _store.OpenBlob(digest));
    }

    private static List<Descriptor> Blobs(StoredImage? below, IReadOnlyList<NewStep> steps)
    {
        var blobs = new List<Descriptor>();
        foreach (var layer in below?.Layers ?? [])
        {
            // A manifest of ours has our names of media types; those of docker belong to its own.
            MediaTypes.TryGetCompression(layer.Blob.MediaType, out var compression);
            string type = compression switch { Compression.Gzip => MediaTypes.LayerGzip, Compression.Zstd => MediaTypes.LayerZstd, _ => MediaTypes.Layer };
            blobs.Add(new Descriptor { MediaType = type, Digest = layer.Blob.Digest, Size = layer.Blob.Size });
        }

        foreach (var step in steps)
        {
            if (step.Layer is not null)
            {
                blobs.Add(step.Layer.Blob);
            }
        }

        return blobs;
    }

    private static ImageConfig Configure(StoredImage? below, IReadOnlyList<NewStep> steps, ContainerSettings? settings, string created)
    {
        List<string> diffIds = [.. (below?.Layers ?? []).Select(static layer => layer.DiffId.ToString())];
        var history = new List<HistoryEntry>(below?.Config.History ?? []);
        for (int known = history.Count(static entry => !entry.EmptyLayer); known < diffIds.Count; known++)
        {
            history.Add(new HistoryEntry()); // history is optional, but when there is one it has an entry for each layer (config.md)
        }

        foreach (var step in steps)
        {
            history.Add(step.History with { EmptyLayer = step.Layer is null });
            if (step.Layer is not null)
            {
                diffIds.Add(step.Layer.DiffId.ToString());
            }
        }

        var config = below?.Config ?? new ImageConfig { Architecture = LayoutReader.Architecture, Os = "linux" };
        return config with
        {
            Created = created,
            Config = settings ?? config.Config,
            Rootfs = new RootFileSystem { Type = "layers", DiffIds = diffIds },
            History = history,
        };
    }

    private static Dictionary<string, string>? Annotations(StoredImage? below)
    {
        if (below is null)
        {
            return null;
        }

        var annotations = new Dictionary<string, string> { [BaseDigest] = below.Digest.ToString() };
        if (below.Name is not null)
        {
            annotations[BaseName] = below.Name;
        }

        return annotations;
    }
}
