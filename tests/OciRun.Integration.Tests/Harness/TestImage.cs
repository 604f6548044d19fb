using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;

namespace OciRun.Integration.Harness;

/// <summary>An OCI layout on the disk, written by this test and by nothing of ours: layers in the order they are added, the lowest first.</summary>
internal sealed class TestImage
{
    private readonly string _directory;
    private readonly List<(JsonObject Descriptor, string DiffId)> _layers = [];

    internal TestImage(string directory)
    {
        _directory = directory;
        Directory.CreateDirectory(Path.Combine(directory, "blobs/sha256"));
        File.WriteAllText(Path.Combine(directory, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");
    }

    /// <summary>What image import takes.</summary>
    internal string Source => $"oci:{_directory}:test";

    /// <summary>The image's config.config.</summary>
    internal JsonObject Settings { get; } = new() { ["Cmd"] = new JsonArray("/bin/sh") };

    /// <summary>A layer with the rootfs of the tests.</summary>
    internal TestImage AddRootfs() => AddTree(Assets.Rootfs);

    /// <summary>A layer with the files of a directory.</summary>
    internal TestImage AddTree(string directory)
    {
        using var archive = new MemoryStream();
        TarFile.CreateFromDirectory(directory, archive, includeBaseDirectory: false);
        return AddLayer(archive.ToArray());
    }

    /// <summary>A layer with these files; a path that ends with a slash is a directory.</summary>
    internal TestImage AddFiles(params (string Path, string Content)[] files)
    {
        using var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var (path, content) in files)
            {
                bool isDirectory = path.EndsWith('/');
                var entry = new PaxTarEntry(isDirectory ? TarEntryType.Directory : TarEntryType.RegularFile, path.TrimEnd('/')) { Mode = (UnixFileMode)(isDirectory ? 0x1ED : 0x1A4) };
                if (!isDirectory)
                    entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content));
                writer.WriteEntry(entry);
            }
        }
        return AddLayer(archive.ToArray());
    }

    /// <summary>Writes the documents.</summary>
    internal TestImage Write()
    {
        var config = new JsonObject
        {
            ["architecture"] = System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64",
            ["os"] = "linux",
            ["config"] = Settings.DeepClone(),
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray([.. _layers.Select(layer => (JsonNode)layer.DiffId)]) },
        };
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = "application/vnd.oci.image.manifest.v1+json",
            ["config"] = Blob(Bytes(config), "application/vnd.oci.image.config.v1+json"),
            ["layers"] = new JsonArray([.. _layers.Select(layer => layer.Descriptor.DeepClone())]),
        };
        var descriptor = Blob(Bytes(manifest), "application/vnd.oci.image.manifest.v1+json");
        descriptor["annotations"] = new JsonObject { ["org.opencontainers.image.ref.name"] = "test" };
        File.WriteAllText(Path.Combine(_directory, "index.json"), new JsonObject { ["schemaVersion"] = 2, ["manifests"] = new JsonArray(descriptor) }.ToJsonString());
        return this;
    }

    private static byte[] Bytes(JsonObject document) => Encoding.UTF8.GetBytes(document.ToJsonString());

    private TestImage AddLayer(byte[] archive)
    {
        var descriptor = Blob(archive, "application/vnd.oci.image.layer.v1.tar");
        _layers.Add((descriptor, (string)descriptor["digest"]!));
        return this;
    }

    private JsonObject Blob(byte[] content, string type)
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(content));
        File.WriteAllBytes(Path.Combine(_directory, "blobs/sha256", hash), content);
        return new() { ["mediaType"] = type, ["digest"] = $"sha256:{hash}", ["size"] = content.Length };
    }
}
