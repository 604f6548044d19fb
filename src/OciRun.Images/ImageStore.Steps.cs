using System.IO.Compression;
using System.Text.Json;
using OciRun.Images.Changes;
using OciRun.Images.Layers;
using OciRun.Images.Model;
using OciRun.Images.Sources;
using OciRun.Images.Store;
using OciRun.Images.Tar;
using OciRun.Linux;

namespace OciRun.Images;

/// <content>What a build needs. The store is pinned from its first step until <see cref="Add"/>.</content>
public sealed partial class ImageStore
{
    /// <summary>A block's magic, which is pi, and that of the end of a file without blocks, its square root: after "BZh" and the level, as a text may begin with these too.</summary>
    private static ReadOnlySpan<byte> Bzip2Block => [0x31, 0x41, 0x59, 0x26, 0x53, 0x59];

    private static ReadOnlySpan<byte> Bzip2End => [0x17, 0x72, 0x45, 0x38, 0x50, 0x90];

    private static ReadOnlySpan<byte> Xz => [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0];

    /// <summary>What a step has made before; null where nobody knows, or its layer is gone.</summary>
    /// <param name="key">Of all that the step depends on.</param>
    /// <param name="below">The layers before the step, the lowest first.</param>
    /// <exception cref="ImageException">The store is damaged.</exception>
    public BuiltStep? FindStep(Digest key, IReadOnlyList<StoredLayer> below) => Guard(() =>
    {
        if (_store.TryRead(StoreDirectory.StepPath(key)) is not { } text)
        {
            return null;
        }

        var record = Documents.Parse(text, ImagesJsonContext.Default.StepRecord, StoreDirectory.StepPath(key));
        if (record.Layer is null)
        {
            return new BuiltStep(null, record.Created ?? "");
        }

        var layer = new WrittenLayer(record.Layer, Digest.Parse(record.DiffId, StoreDirectory.StepPath(key)), []);
        bool isThere = _store.HasBlob(Digest.Parse(layer.Blob.Digest, "layer"), layer.Blob.Size) && _store.HasLayer(Digest.Chain(Top(below), layer.DiffId));
        return isThere ? new BuiltStep(layer, record.Created ?? "") : null;
    });

    /// <summary>Remembers what a step has made, for as long as its layers are there.</summary>
    /// <param name="key">Of all that the step depends on.</param>
    /// <param name="layers">The layers after the step, the lowest first.</param>
    /// <param name="step">What it has made.</param>
    /// <exception cref="ImageException">The store cannot be written.</exception>
    public void RecordStep(Digest key, IReadOnlyList<StoredLayer> layers, BuiltStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        var record = new StepRecord { Created = step.Created, Layer = step.Layer?.Blob, DiffId = step.Layer?.DiffId.ToString(), Chain = Top(layers)?.ToString() };
        Guard(() =>
        {
            _store.MakeDirectory("steps"); // older stores lack it
            _store.Replace(StoreDirectory.StepPath(key), JsonSerializer.SerializeToUtf8Bytes(record, ImagesJsonContext.Default.StepRecord));
            return true;
        });
    }

    /// <summary>Extracts a layer on top of others, if nobody has.</summary>
    /// <param name="below">The layers below, the lowest first.</param>
    /// <param name="layer">The layer.</param>
    /// <exception cref="ImageException">The store is damaged or cannot be written.</exception>
    public StoredLayer Stack(IReadOnlyList<StoredLayer> below, WrittenLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return Guard(() =>
        {
            ExtractNew(below, [layer]);
            return LoadLayer(Source(layer), Digest.Chain(Top(below), layer.DiffId), [.. below.Reverse().Select(static one => one.ChainId)], "this build");
        });
    }

    /// <summary>A directory for work in progress, on the file system of the store.</summary>
    /// <exception cref="ImageException">It cannot be made.</exception>
    public ScratchDirectory MakeScratch() => Guard(() => new ScratchDirectory(_store));

    /// <summary>Unpacks a tar archive, also one that gzip or zstd has compressed: what it has, and nothing outside the directory.</summary>
    /// <param name="file">A regular file, open for reading.</param>
    /// <param name="name">For messages.</param>
    /// <param name="directory">Absolute path of an empty directory.</param>
    /// <returns>False: it is no archive, and nothing was made.</returns>
    /// <exception cref="ImageException">It is damaged or hostile, or compressed with what is not known here.</exception>
    public bool UnpackArchive(SafeFd file, string name, string directory) => Guard(() =>
    {
        CheckCompression(file, name);
        try
        {
            using (Stream content = OpenArchive(file, name, out _))
            {
                if (!IsArchive(content))
                {
                    return false;
                }
            }

            using Stream again = OpenArchive(file, name, out long limit);
            using SafeFd root = Files.Open(directory, OpenFlags.ReadOnly | OpenFlags.Directory);
            using var applier = new LayerApplier(root, null, _store.Form, Math.Min(limit, (long)Math.Min(TreeFiles.FreeSpace(root), long.MaxValue)), name);
            applier.Apply(new TarReader(new StreamSource(again)));
            return !applier.HasDeletions
                ? true
                : throw new ImageException(ImageError.Unsupported, $"{name} has names that begin with {OverlayNames.Whiteout}, which mean deletions in an image");
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw new ImageException(ImageError.Invalid, $"{name} cannot be decompressed: it is damaged", error);
        }
    });

    private static Digest? Top(IReadOnlyList<StoredLayer> layers) => layers.Count > 0 ? layers[^1].ChainId : null;

    private static void CheckCompression(SafeFd file, string name)
    {
        Span<byte> start = stackalloc byte[10];
        start = start[..TreeFiles.ReadAt(file, start, 0, name)];
        string? unknown = start.StartsWith(Xz) ? "xz" : IsBzip2(start) ? "bzip2" : null;
        if (unknown is not null)
        {
            throw new ImageException(ImageError.Unsupported, $"{name} is compressed with {unknown}, only gzip and zstd are supported: decompress it, or copy it as it is");
        }
    }

    private static bool IsBzip2(ReadOnlySpan<byte> start) =>
        start is [(byte)'B', (byte)'Z', (byte)'h', >= (byte)'1' and <= (byte)'9', .. var block] && (block.StartsWith(Bzip2Block) || block.StartsWith(Bzip2End));

    private static Stream OpenArchive(SafeFd file, string name, out long limit)
    {
        var compression = SourceOpener.Compressed(file);
        long size = (long)TreeFiles.Facts(file, name).Size;
        limit = Compressions.Limit(compression, size);
        var raw = new FdStream(file, 0, size, name, owns: false);
        return compression switch
        {
            Compression.Gzip => new GZipStream(raw, CompressionMode.Decompress),
            Compression.Zstd => new ZstdStream(raw),
            _ => raw,
        };
    }

    private static bool IsArchive(Stream content)
    {
        try
        {
            return new TarReader(new StreamSource(content)).Next() is not null;
        }
        catch (Exception error) when (error is TarException or InvalidDataException or EndOfStreamException)
        {
            return false; // the beginning of something else
        }
    }
}
