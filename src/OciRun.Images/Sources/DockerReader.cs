using System.Text.Json;
using OciRun.Images.Layers;
using OciRun.Images.Model;
using OciRun.Linux;

namespace OciRun.Images.Sources;

/// <summary>Reads images of the archives that docker save writes: manifest.json, configurations, and layers that are tar archives.</summary>
/// <param name="files">The archive; stays the caller's.</param>
internal sealed class DockerReader(FileSet files)
{
    /// <summary>The image with this tag, or the only one, as an OCI image: its manifest is made here.</summary>
    /// <exception cref="ImageException">It is not there, is damaged, or is none.</exception>
    internal SourceImage Read(string? tag)
    {
        byte[] content = files.TryRead("manifest.json")
            ?? throw new ImageException(ImageError.Invalid, $"{files.Name}: no manifest.json: docker save did not write this (an OCI archive is oci-archive:FILE)");
        var (image, name) = Choose(Documents.Parse(content, ImagesJsonContext.Default.ListDockerManifest, $"{files.Name}: manifest.json"), tag);
        byte[] config = files.TryRead(image.Config ?? "") ?? throw new ImageException(ImageError.Invalid, $"{files.Name}: the configuration {Documents.Text(image.Config)} is missing");
        var layers = Layers(image, Documents.ReadConfig(config, $"{files.Name}: the configuration"));
        var configDigest = Digest.Of(config);
        byte[] manifest = JsonSerializer.SerializeToUtf8Bytes(new ImageDocument
        {
            SchemaVersion = 2,
            MediaType = MediaTypes.Manifest,
            Config = new() { MediaType = MediaTypes.Config, Digest = configDigest.ToString(), Size = config.Length },
            Layers = layers.ConvertAll(static layer => layer.Descriptor),
        }, ImagesJsonContext.Default.ImageDocument);
        return new SourceImage
        {
            Name = name,
            Descriptor = new() { MediaType = MediaTypes.Manifest, Digest = Digest.Of(manifest).ToString(), Size = manifest.Length },
            Manifest = manifest,
            ConfigDigest = configDigest,
            Config = config,
            Layers = layers,
        };
    }

    private (DockerManifest Image, string? Name) Choose(List<DockerManifest> all, string? tag)
    {
        if (tag is not null)
        {
            foreach (var image in all)
            {
                // podman and skopeo write the whole name; nobody wants to type it.
                if (image.RepoTags?.Find(name => name == tag || name.EndsWith("/" + tag, StringComparison.Ordinal) || name.EndsWith(":" + tag, StringComparison.Ordinal)) is not null)
                {
                    return (image, tag);
                }
            }

            throw new ImageException(ImageError.Missing, $"{files.Name}: no image has the tag {Documents.Text(tag)}{Known(all)}");
        }

        return all.Count switch
        {
            1 => (all[0], all[0].RepoTags is [var only, ..] ? only : null),
            0 => throw new ImageException(ImageError.Missing, $"{files.Name} has no image"),
            _ => throw new ImageException(ImageError.Usage, $"{files.Name} has {all.Count} images: name one with :TAG{Known(all)}"),
        };
    }

    private static string Known(List<DockerManifest> all)
    {
        string names = string.Join(", ", all.SelectMany(static image => image.RepoTags ?? []).Take(20));
        return names.Length == 0 ? "" : $" (there are: {Linux.Quoting.Escape(names)})";
    }

    private List<SourceLayer> Layers(DockerManifest image, ImageConfig config)
    {
        var names = image.Layers ?? [];
        var diffIds = config.Rootfs?.DiffIds ?? [];
        if (diffIds.Count != names.Count)
        {
            throw new ImageException(ImageError.Invalid, $"{files.Name} has {names.Count} layers, its configuration has {diffIds.Count} diff_ids");
        }

        var layers = new List<SourceLayer>();
        for (int i = 0; i < names.Count; i++)
        {
            layers.Add(Layer(names[i], Digest.Parse(diffIds[i], $"{files.Name}: diff_ids")));
        }

        return layers;
    }

    /// <summary>Nothing describes the blob of a layer. One that is not compressed is its own archive; another is read once for its digest.</summary>
    private SourceLayer Layer(string name, Digest diffId)
    {
        using var stream = files.TryOpen(name) ?? throw new ImageException(ImageError.Invalid, $"{files.Name}: the layer {Documents.Text(name)} is missing");
        Span<byte> magic = stackalloc byte[4];
        int length = stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        var compression = Compressions.Detect(magic[..length]);
        var digest = diffId;
        if (compression != Compression.None)
        {
            stream.Position = 0;
            var hash = Sha2.Start256();
            byte[] buffer = new byte[1 << 17];
            for (int count; (count = stream.Read(buffer)) > 0;)
            {
                hash.Append(buffer.AsSpan(0, count));
            }

            digest = Digest.Finish(hash);
        }

        string type = compression switch { Compression.Gzip => MediaTypes.LayerGzip, Compression.Zstd => MediaTypes.LayerZstd, _ => MediaTypes.Layer };
        return new(new() { MediaType = type, Digest = digest.ToString(), Size = stream.Length }, digest, diffId, compression, () => files.TryOpen(name));
    }
}
