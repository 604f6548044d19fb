using System.Text.Json;
using OciRun.Images.Layers;
using OciRun.Images.Model;
using OciRun.Images.Sources;
using OciRun.Images.Store;
using OciRun.Linux;

namespace OciRun.Images.Export;

/// <summary>Writes an image of the store where other tools read it.</summary>
internal sealed class Exporter(StoreDirectory store, StoredImage image)
{
    /// <exception cref="ImageException">It cannot be written, or the store is damaged.</exception>
    internal void Run(SourceName place)
    {
        switch (place.Transport)
        {
            case SourceName.Layout:
                using (var target = DirectoryTarget.Open(place.Path))
                using (var present = DirectoryFiles.Open(place.Path))
                {
                    WriteLayout(target, present, place.Tag);
                }

                break;
            case SourceName.Archive:
                WriteArchive(place);
                break;
            default:
                if (Files.TryStatus(SafeFd.CurrentDirectory, place.Path, followLink: true, out _) is not null)
                {
                    throw new ImageException(ImageError.Usage, $"{Quoting.Quote(place.Path)} exists: an archive of docker is written once, remove it first");
                }

                using (var target = ArchiveTarget.Open(place.Path))
                {
                    WriteDocker(target, place.Tag);
                }

                break;
        }
    }

    /// <summary>Into an archive that is there the image is added: it is written anew with all that it had.</summary>
    private void WriteArchive(SourceName place)
    {
        using var target = ArchiveTarget.Open(place.Path);
        SafeFd? file = Files.TryOpen(SafeFd.CurrentDirectory, place.Path, OpenFlags.ReadOnly, out _);
        if (file is null)
        {
            WriteLayout(target, null, place.Tag);
            return;
        }

        using var present = ArchiveFiles.Read(file, place.Path);
        foreach (string path in present.Names)
        {
            if (path.StartsWith("blobs/", StringComparison.Ordinal))
            {
                using var content = present.TryOpen(path)!;
                target.Put(path, content.Length, content);
            }
        }

        WriteLayout(target, present, place.Tag);
    }

    private void WriteLayout(ExportTarget target, FileSet? present, string? tag)
    {
        string reference = tag ?? image.Name!;
        var document = present?.TryRead("index.json") is { } text
            ? Documents.ReadDocument(text, null, $"{present.Name}: index.json")
            : new ImageDocument { SchemaVersion = 2, MediaType = MediaTypes.Index };
        target.Put("oci-layout", """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray());
        PutBlob(target, image.Manifest.Config!);
        foreach (var layer in image.Layers)
        {
            PutBlob(target, layer.Blob);
        }

        PutBlob(target, image.Descriptor);
        var all = new List<Descriptor>(document.Manifests ?? []);
        all.RemoveAll(entry => LayoutReader.Reference(entry) == reference);
        all.Add(image.Descriptor with { Annotations = new(image.Descriptor.Annotations ?? []) { [LayoutReader.ReferenceName] = reference } });
        target.Put("index.json", JsonSerializer.SerializeToUtf8Bytes(document with { Manifests = all }, ImagesJsonContext.Default.ImageDocument));
        target.Finish();
    }

    private void PutBlob(ExportTarget target, Descriptor descriptor)
    {
        var digest = Digest.Parse(descriptor.Digest, "descriptor");
        string path = LayoutReader.BlobPath(digest);
        if (!target.Has(path, descriptor.Size))
        {
            // What leaves the store is what its digest says, or it does not leave.
            using var content = new BlobStream(store.OpenBlob(digest), digest, descriptor.Size, $"blob {digest}", null);
            target.Put(path, descriptor.Size, content);
            content.Finish();
        }
    }

    private void WriteDocker(ArchiveTarget target, string? tag)
    {
        string config = Digest.Parse(image.Manifest.Config!.Digest, "config").Hex + ".json";
        var names = new List<string>();
        foreach (var layer in image.Layers)
        {
            string name = layer.DiffId.Hex + ".tar";
            names.Add(name);
            if (!target.Has(name, layer.ArchiveSize))
            {
                MediaTypes.TryGetCompression(layer.Blob.MediaType, out var compression);
                var digest = Digest.Parse(layer.Blob.Digest, "layer");
                using var blob = new BlobStream(store.OpenBlob(digest), digest, layer.Blob.Size, $"blob {digest}", null);
                using var content = blob.Decompress(compression);
                target.Put(name, layer.ArchiveSize, content);
                blob.Finish();
            }
        }

        string reference = tag ?? image.Name!;
        target.Put(config, image.ConfigBytes);
        target.Put("manifest.json", JsonSerializer.SerializeToUtf8Bytes(
            [new DockerManifest { Config = config, RepoTags = [reference.Contains(':', StringComparison.Ordinal) ? reference : reference + ":latest"], Layers = names }],
            ImagesJsonContext.Default.ListDockerManifest));
        target.Finish();
    }
}
