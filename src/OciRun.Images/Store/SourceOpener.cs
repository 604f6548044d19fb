using OciRun.Images.Layers;
using OciRun.Images.Model;
using OciRun.Images.Sources;
using OciRun.Linux;

namespace OciRun.Images.Store;

/// <summary>Opens what an image is imported from.</summary>
internal static class SourceOpener
{
    private const int CopySize = 1 << 18;

    /// <exception cref="ImageException">It is not there, or is not what its transport says.</exception>
    internal static FileSet Open(StoreDirectory store, SourceName place)
    {
        if (place.Transport == SourceName.Layout)
        {
            return DirectoryFiles.Open(place.Path);
        }

        SafeFd file = Files.TryOpen(SafeFd.CurrentDirectory, place.Path, OpenFlags.ReadOnly | OpenFlags.NoCtty, out var errno)
            ?? throw new ImageException(ImageError.Missing, $"cannot open the archive {Quoting.Quote(place.Path)}: {ErrnoText.Describe(errno)}");
        try
        {
            var facts = TreeFiles.Facts(file, place.Path);
            if (facts.IsDirectory)
            {
                throw new ImageException(ImageError.Usage, $"{Quoting.Quote(place.Path)} is a directory, not an archive: perhaps oci:{Quoting.Escape(place.Path)}");
            }

            if (facts.Type != FileType.Regular || Compressed(file) != Compression.None)
            {
                using SafeFd original = file;
                file = Copy(store, original, place.Path, facts);
            }

            return ArchiveFiles.Read(file, place.Path);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>How the file is compressed.</summary>
    internal static Compression Compressed(SafeFd file)
    {
        Span<byte> start = stackalloc byte[4];
        int length = TreeFiles.ReadAt(file, start, 0, "archive");
        return Compressions.Detect(start[..length]);
    }

    /// <summary>Layers are read from the middle of the archive, several at once: one that is compressed, or a pipe, becomes a file without a name first.</summary>
    private static SafeFd Copy(StoreDirectory store, SafeFd original, string path, FileFacts facts)
    {
        SafeFd copy = TemporaryFile(store);
        try
        {
            if (facts.Type != FileType.Regular)
            {
                byte[] buffer = new byte[CopySize];
                for (int count; (count = Files.Read(original, buffer, path)) > 0;)
                {
                    Files.Write(copy, buffer.AsSpan(0, count), path);
                }

                return Compressed(copy) == Compression.None ? copy : Decompress(store, copy, path);
            }

            copy.Dispose();
            return Decompress(store, original, path);
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    private static SafeFd Decompress(StoreDirectory store, SafeFd file, string path)
    {
        SafeFd copy = TemporaryFile(store);
        try
        {
            var compression = Compressed(file);
            long size = (long)TreeFiles.Facts(file, path).Size, limit = Compressions.Limit(compression, size);
            using var raw = new FdStream(file, 0, size, RawName.FromText(path), owns: false);
            using Stream content = compression == Compression.Gzip
                ? new System.IO.Compression.GZipStream(raw, System.IO.Compression.CompressionMode.Decompress)
                : new ZstdStream(raw);
            byte[] buffer = new byte[CopySize];
            for (int count; (count = content.Read(buffer)) > 0;)
            {
                limit -= count;
                if (limit < 0)
                {
                    throw new ImageException(ImageError.Invalid, $"{Quoting.Escape(path)} decompresses to more than an honest archive of its size could");
                }

                Files.Write(copy, buffer.AsSpan(0, count), path);
            }

            return copy;
        }
        catch (Exception error) when (error is InvalidDataException)
        {
            copy.Dispose();
            throw new ImageException(ImageError.Invalid, $"{Quoting.Escape(path)} cannot be decompressed: it is damaged", error);
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    private static SafeFd TemporaryFile(StoreDirectory store)
    {
        string name = StoreDirectory.NewTemporary();
        SafeFd file = TreeFiles.Open(store.Root, name, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive, 0x180);
        store.RemoveAll(name);
        return file;
    }
}
