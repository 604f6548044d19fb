using System.IO.Compression;
using System.Text;
using System.Text.Json;
using OciRun.Images.Model;

namespace OciRun.Images.Tests;

/// <summary>Writes OCI layouts, also those that are wrong.</summary>
internal sealed class LayoutBuilder
{
    private readonly List<Descriptor> _manifests = [];

    internal LayoutBuilder(string path)
    {
        Path = path;
        Directory.CreateDirectory(path + "/blobs/sha256");
        File.WriteAllText(path + "/oci-layout", """{"imageLayoutVersion":"1.0.0"}""");
        Write();
    }

    internal string Path { get; }

    /// <summary>An image of these layers, uncompressed archives, the lowest first.</summary>
    internal LayoutBuilder Image(string? tag, params byte[][] archives) => Image(tag, Compression.Gzip, archives);

    internal LayoutBuilder Image(string? tag, Compression compression, params byte[][] archives)
    {
        Add(Manifest(compression, archives), tag);
        return this;
    }

    /// <summary>Descriptor of an image that no index names yet.</summary>
    internal Descriptor Manifest(
        Compression compression, byte[][] archives, Func<ImageDocument, ImageDocument>? change = null, Func<ImageConfig, ImageConfig>? changeConfig = null)
    {
        string type = compression switch { Compression.Gzip => MediaTypes.LayerGzip, Compression.Zstd => MediaTypes.LayerZstd, _ => MediaTypes.Layer };
        var layers = archives.Select(archive => Blob(Compress(archive, compression), type)).ToList();
        var config = new ImageConfig
        {
            Created = "2026-01-02T03:04:05Z",
            Architecture = Sources.LayoutReader.Architecture,
            Os = "linux",
            Rootfs = new() { Type = "layers", DiffIds = [.. archives.Select(static archive => Digest.Of(archive).ToString())] },
            History = [.. archives.Select(static (_, index) => new HistoryEntry { CreatedBy = $"step {index}" }), new() { CreatedBy = "CMD", EmptyLayer = true }],
        };
        config = changeConfig?.Invoke(config) ?? config;
        var manifest = new ImageDocument
        {
            SchemaVersion = 2,
            MediaType = MediaTypes.Manifest,
            Config = Blob(JsonSerializer.SerializeToUtf8Bytes(config, ImagesJsonContext.Default.ImageConfig), MediaTypes.Config),
            Layers = layers,
        };
        manifest = change?.Invoke(manifest) ?? manifest;
        return Blob(JsonSerializer.SerializeToUtf8Bytes(manifest, ImagesJsonContext.Default.ImageDocument), MediaTypes.Manifest);
    }

    internal Descriptor Index(params Descriptor[] manifests) => Blob(
        JsonSerializer.SerializeToUtf8Bytes(new ImageDocument { SchemaVersion = 2, MediaType = MediaTypes.Index, Manifests = [.. manifests] }, ImagesJsonContext.Default.ImageDocument),
        MediaTypes.Index);

    internal LayoutBuilder Add(Descriptor manifest, string? tag)
    {
        _manifests.Add(tag is null ? manifest : manifest with { Annotations = new() { [Sources.LayoutReader.ReferenceName] = tag } });
        Write();
        return this;
    }

    internal Descriptor Blob(byte[] content, string type)
    {
        var digest = Digest.Of(content);
        File.WriteAllBytes(BlobPath(digest), content);
        return new() { MediaType = type, Digest = digest.ToString(), Size = content.Length };
    }

    internal string BlobPath(Digest digest) => $"{Path}/blobs/sha256/{digest.Hex}";

    internal static byte[] Compress(byte[] content, Compression compression)
    {
        var output = new MemoryStream();
        switch (compression)
        {
            case Compression.Gzip:
                using (var gzip = new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true))
                {
                    gzip.Write(content);
                }

                return output.ToArray();
            case Compression.Zstd:
                using (var zstd = new ZstdSharp.CompressionStream(output, leaveOpen: true))
                {
                    zstd.Write(content);
                }

                return output.ToArray();
            default:
                return content;
        }
    }

    /// <summary>What docker save would write.</summary>
    internal static byte[] DockerArchive(string? tag, params byte[][] archives)
    {
        string config = JsonSerializer.Serialize(
            new ImageConfig { Os = "linux", Rootfs = new() { Type = "layers", DiffIds = [.. archives.Select(static archive => Digest.Of(archive).ToString())] } },
            ImagesJsonContext.Default.ImageConfig);
        var tar = new TarBuilder();
        for (int i = 0; i < archives.Length; i++)
        {
            tar.Entry('0', $"{i}/layer.tar", archives[i]);
        }

        string names = string.Join(',', archives.Select(static (_, index) => $"\"{index}/layer.tar\""));
        string manifest = $$"""[{"Config":"c.json","RepoTags":{{(tag is null ? "null" : $"[\"{tag}\"]")}},"Layers":[{{names}}]}]""";
        return tar.File("c.json", config).Entry('0', "manifest.json", Encoding.UTF8.GetBytes(manifest)).Build();
    }

    private void Write() => File.WriteAllBytes(Path + "/index.json", JsonSerializer.SerializeToUtf8Bytes(
        new ImageDocument { SchemaVersion = 2, MediaType = MediaTypes.Index, Manifests = _manifests }, ImagesJsonContext.Default.ImageDocument));
}
