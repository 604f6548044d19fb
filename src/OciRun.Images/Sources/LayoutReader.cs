using System.Runtime.InteropServices;
using OciRun.Images.Model;

namespace OciRun.Images.Sources;

/// <summary>Reads images of an OCI layout, image-layout.md.</summary>
/// <param name="files">The layout; stays the caller's.</param>
internal sealed class LayoutReader(FileSet files)
{
    /// <summary>Annotation of the tag, annotations.md.</summary>
    internal const string ReferenceName = "org.opencontainers.image.ref.name";

    private const int MaxNesting = 4;

    /// <summary>The image with this tag, or the only one.</summary>
    /// <exception cref="ImageException">It is not there, is damaged, or is none.</exception>
    internal SourceImage Read(string? tag)
    {
        CheckMarker();
        byte[] content = files.TryRead("index.json") ?? throw new ImageException(ImageError.Invalid, $"{files.Name}: no index.json: this is no OCI layout");
        var index = Documents.ReadDocument(content, null, $"{files.Name}: index.json");
        var root = Choose(index.Manifests ?? [], tag);
        return Read(Narrow(root, 0)) with { Name = tag ?? Reference(root) };
    }

    /// <summary>The image of a manifest.</summary>
    /// <exception cref="ImageException">It is damaged, or is none.</exception>
    internal SourceImage Read(Descriptor descriptor)
    {
        string what = $"{files.Name}: manifest {descriptor.Digest}";
        byte[] content = ReadBlob(descriptor, what);
        var manifest = Documents.ReadDocument(content, descriptor.MediaType, what);
        if (manifest.Config is null || manifest.Layers is null)
        {
            throw new ImageException(ImageError.Invalid, $"{what} has no config or no layers");
        }

        CheckImage(manifest, what);
        var configDigest = Digest.Parse(manifest.Config.Digest, what);
        byte[] config = ReadBlob(manifest.Config, $"{files.Name}: configuration {configDigest}");
        return new SourceImage
        {
            Descriptor = descriptor,
            Manifest = content,
            ConfigDigest = configDigest,
            Config = config,
            Layers = Layers(manifest, Documents.ReadConfig(config, $"{files.Name}: configuration {configDigest}"), what),
        };
    }

    /// <summary>A blob that is a document, verified.</summary>
    internal byte[] ReadBlob(Descriptor descriptor, string what)
    {
        var digest = Digest.Parse(descriptor.Digest, what);
        byte[] content = descriptor.Data ?? files.TryRead(BlobPath(digest)) ?? throw new ImageException(ImageError.Invalid, $"{what} is missing");
        if (content.Length != descriptor.Size)
        {
            throw new ImageException(ImageError.Invalid, $"{what} has {content.Length} bytes, its descriptor says {descriptor.Size}");
        }

        return digest.Matches(content) ? content : throw new ImageException(ImageError.Invalid, $"{what} is damaged or forged: its content has another digest");
    }

    /// <summary>Where a layout has the blob of this digest.</summary>
    internal static string BlobPath(Digest digest) => $"blobs/{digest.Algorithm}/{digest.Hex}";

    /// <summary>The tag of a descriptor; null without one.</summary>
    internal static string? Reference(Descriptor descriptor) => descriptor.Annotations?.GetValueOrDefault(ReferenceName) is { Length: > 0 } name ? name : null;

    private void CheckMarker()
    {
        byte[] content = files.TryRead("oci-layout") ?? throw new ImageException(ImageError.Invalid, $"{files.Name}: no file oci-layout: this is no OCI layout");
        var marker = Documents.Parse(content, ImagesJsonContext.Default.LayoutMarker, $"{files.Name}: oci-layout");
        if (marker.Version is null || !marker.Version.StartsWith("1.", StringComparison.Ordinal))
        {
            throw new ImageException(ImageError.Unsupported, $"{files.Name}: layout version {Documents.Text(marker.Version)} is not known, only 1.x is");
        }
    }

    private Descriptor Choose(List<Descriptor> all, string? tag)
    {
        if (tag is not null)
        {
            return all.FindLast(descriptor => Reference(descriptor) == tag)
                ?? throw new ImageException(ImageError.Missing, $"{files.Name}: no image has the tag {Documents.Text(tag)}{Known(all)}");
        }

        return all.Count switch
        {
            1 => all[0],
            0 => throw new ImageException(ImageError.Missing, $"{files.Name} has no image"),
            _ => throw new ImageException(ImageError.Usage, $"{files.Name} has {all.Count} images: name one with :TAG{Known(all)}"),
        };
    }

    private static string Known(List<Descriptor> all)
    {
        string names = string.Join(", ", all.Select(Reference).Where(static name => name is not null).Take(20));
        return names.Length == 0 ? "" : $" (there are: {Linux.Quoting.Escape(names)})";
    }

    /// <summary>From an index, which may hold indexes, to the manifest for this machine.</summary>
    private Descriptor Narrow(Descriptor descriptor, int depth)
    {
        if (MediaTypes.IsManifest(descriptor.MediaType))
        {
            return descriptor;
        }

        if (!MediaTypes.IsIndex(descriptor.MediaType))
        {
            throw new ImageException(ImageError.Unsupported, $"{files.Name}: {Documents.Text(descriptor.MediaType)} is no image");
        }

        if (depth == MaxNesting)
        {
            throw new ImageException(ImageError.Invalid, $"{files.Name}: indexes within indexes, {MaxNesting} deep");
        }

        string what = $"{files.Name}: index {descriptor.Digest}";
        var index = Documents.ReadDocument(ReadBlob(descriptor, what), descriptor.MediaType, what);
        var candidates = (index.Manifests ?? []).FindAll(static entry => entry.Platform is null || Fits(entry.Platform));
        // A manifest that says its platform comes before one that does not: builders put attestations beside images.
        var chosen = candidates.Find(static entry => entry.Platform is not null) ?? candidates.FirstOrDefault()
            ?? throw new ImageException(ImageError.Unsupported, $"{what} has no image for linux/{Architecture}{Platforms(index.Manifests)}");
        return Narrow(chosen, depth + 1);
    }

    private static string Platforms(List<Descriptor>? all)
    {
        string names = string.Join(", ", (all ?? []).Select(static entry => $"{entry.Platform?.Os}/{entry.Platform?.Architecture}"));
        return names.Length == 0 ? "" : $" (there are: {Linux.Quoting.Escape(names)})";
    }

    /// <summary>This machine as Go names it.</summary>
    internal static string Architecture => RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        System.Runtime.InteropServices.Architecture.RiscV64 => "riscv64",
        var other => other.ToString().ToLowerInvariant(),
    };

    private static bool Fits(Platform platform) => platform.Os == "linux" && platform.Architecture == Architecture && platform.Variant is null or "" or "v8" or "v1";

    /// <summary>An artifact has the form of an image and is none: row I105.</summary>
    private static void CheckImage(ImageDocument manifest, string what)
    {
        if (!MediaTypes.IsConfig(manifest.Config!.MediaType) || manifest.ArtifactType is not null)
        {
            throw new ImageException(
                ImageError.Unsupported, $"{what} is an artifact of type {Documents.Text(manifest.ArtifactType ?? manifest.Config.MediaType)}, not an image of a root file system");
        }
    }

    private List<SourceLayer> Layers(ImageDocument manifest, ImageConfig config, string what)
    {
        var diffIds = config.Rootfs?.DiffIds ?? [];
        if (config.Rootfs?.Type is not (null or "layers") || diffIds.Count != manifest.Layers!.Count)
        {
            throw new ImageException(ImageError.Invalid, $"{what} has {manifest.Layers!.Count} layers, its configuration has {diffIds.Count} diff_ids");
        }

        var layers = new List<SourceLayer>();
        for (int i = 0; i < diffIds.Count; i++)
        {
            var layer = manifest.Layers[i];
            if (!MediaTypes.TryGetCompression(layer.MediaType, out var compression))
            {
                throw new ImageException(ImageError.Unsupported, $"{what}: layer {i + 1} has the media type {Documents.Text(layer.MediaType)}, which is not known");
            }

            var digest = Digest.Parse(layer.Digest, $"{what}: layer {i + 1}");
            layers.Add(new(layer, digest, Digest.Parse(diffIds[i], $"{what}: diff_ids"), compression,
                () => layer.Data is { } data ? new MemoryStream(data, writable: false) : files.TryOpen(BlobPath(digest))));
        }

        return layers;
    }
}
