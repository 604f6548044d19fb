using System.Text.Json;
using OciRun.Images.Model;
using OciRun.Images.Sources;
using OciRun.Linux;

namespace OciRun.Images.Store;

/// <summary>The bundles that need an image. Each is a small file named after the hash of the bundle's path.</summary>
internal sealed class References(StoreDirectory store)
{
    internal void Add(StoredImage image, string bundle)
    {
        var status = Files.TryStatus(SafeFd.CurrentDirectory, bundle, followLink: true, out var errno)
            ?? throw new ImageException(ImageError.Usage, $"cannot look at the bundle {Quoting.Quote(bundle)}: {ErrnoText.Describe(errno)}");
        store.Replace(PathOf(bundle), JsonSerializer.SerializeToUtf8Bytes(new ReferenceRecord
        {
            Bundle = bundle,
            Device = status.Device,
            Inode = status.Inode,
            Image = image.Name,
            Manifest = image.Digest.ToString(),
            ManifestSize = image.Descriptor.Size,
        }, ImagesJsonContext.Default.ReferenceRecord));
    }

    internal void Remove(string bundle) => store.RemoveAll(PathOf(bundle));

    internal ReferenceRecord? Find(string bundle) => store.TryRead(PathOf(bundle)) is { } text ? Parse(text, PathOf(bundle)) : null;

    /// <summary>All of them; with the file that each is in.</summary>
    internal List<(string Path, ReferenceRecord Record)> All()
    {
        var found = new List<(string, ReferenceRecord)>();
        using SafeFd folder = store.OpenFolder("references");
        foreach (var (name, _) in TreeFiles.Entries(folder))
        {
            string path = "references/" + name;
            if (store.TryRead(path) is { } text)
            {
                found.Add((path, Parse(text, path)));
            }
        }

        return found;
    }

    /// <summary>Is the bundle still there, and the same?</summary>
    internal static bool IsAlive(ReferenceRecord record) =>
        Files.TryStatus(SafeFd.CurrentDirectory, record.Bundle ?? "", followLink: true, out var errno) is { } status
            ? status.Device == record.Device && status.Inode == record.Inode
            : errno is not (Errno.ENOENT or Errno.ENOTDIR);

    private static string PathOf(string bundle) => $"references/{Digest.Of(RawName.Bytes(RawName.FromText(bundle))).Hex}.json";

    private static ReferenceRecord Parse(byte[] text, string path) => Documents.Parse(text, ImagesJsonContext.Default.ReferenceRecord, path);
}
