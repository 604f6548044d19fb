using OciRun.Images.Model;
using OciRun.Images.Store;
using OciRun.Images.Tar;
using OciRun.Linux;

namespace OciRun.Images.Layers;

/// <summary>From a blob to a directory: one thread reads, hashes and decompresses, the calling one makes the files.</summary>
/// <param name="what">For messages: which layer.</param>
/// <param name="diffId">What the archive has to hash to.</param>
internal sealed class LayerExtraction(string what, Digest diffId)
{
    /// <summary>Bytes of the archive.</summary>
    internal long ArchiveSize { get; private set; }

    /// <summary>Bytes of the files.</summary>
    internal long Size { get; private set; }

    /// <summary>What was left out.</summary>
    internal List<string> Warnings { get; } = [];

    /// <summary>Fills an empty directory with the layer.</summary>
    /// <param name="blob">Read to its end and verified.</param>
    /// <param name="compression">Of the blob.</param>
    /// <param name="root">The directory.</param>
    /// <param name="lower">The layers below.</param>
    /// <param name="form">Of the marks.</param>
    /// <exception cref="ImageException">The blob or the archive in it is not what it should be. The directory is to be removed.</exception>
    internal void Run(BlobStream blob, Compression compression, SafeFd root, LowerLayers? lower, OverlayForm form)
    {
        long limit = Compressions.Limit(compression, blob.Length);
        var pipe = new BlockPipe();
        var producer = Workers.Start(() => Produce(blob, compression, pipe, limit));
        try
        {
            long space = (long)Math.Min(TreeFiles.FreeSpace(root), long.MaxValue);
            using var applier = new LayerApplier(root, lower, form, Math.Min(limit, space), what);
            applier.Apply(new TarReader(pipe));
            while (!pipe.Take(int.MaxValue).IsEmpty)
            {
                // what follows the end of the archive counts for the digest
            }

            Size = applier.Size;
            Warnings.AddRange(applier.Warnings);
        }
        finally
        {
            pipe.Abandon();
            producer.Join();
        }
    }

    private void Produce(BlobStream blob, Compression compression, BlockPipe pipe, long limit)
    {
        try
        {
            var hash = Digest.Start(diffId.Algorithm);
            using (Stream content = blob.Decompress(compression))
            {
                if (!Copy(content, hash, pipe, limit))
                {
                    return;
                }

                blob.Finish();
            }

            var actual = Digest.Finish(hash);
            pipe.End(actual == diffId ? null : new ImageException(ImageError.Invalid, $"{what} is not what the configuration promises: its archive has the digest {actual}, not {diffId}"));
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            pipe.End(new ImageException(ImageError.Invalid, $"{what} cannot be decompressed: it is damaged, or not {compression.ToString().ToLowerInvariant()}", error));
        }
        catch (Exception error)
        {
            pipe.End(error); // thrown again where the pipe is read
        }
    }

    private bool Copy(Stream content, Sha2 hash, BlockPipe pipe, long limit)
    {
        while (pipe.Lease() is { } buffer)
        {
            int count = content.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            if (count == 0)
            {
                return true;
            }

            hash.Append(buffer.AsSpan(0, count));
            ArchiveSize += count;
            if (ArchiveSize > limit)
            {
                throw new ImageException(ImageError.Invalid, $"{what} decompresses to more than {limit} bytes: that is no honest layer");
            }

            pipe.Commit(count);
        }

        return false;
    }
}
