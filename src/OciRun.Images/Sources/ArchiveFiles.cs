using OciRun.Images.Tar;
using OciRun.Linux;

namespace OciRun.Images.Sources;

/// <summary>The files of a tar archive, read where they lie: the archive is read through once, for its names.</summary>
internal sealed class ArchiveFiles : FileSet
{
    private const int MaxFiles = 100_000;

    private readonly SafeFd _archive;
    private readonly Dictionary<string, TarEntry> _files = [];

    private ArchiveFiles(SafeFd archive, string path) => (_archive, Name) = (archive, path);

    internal override string Name { get; }

    /// <summary>The names of all files.</summary>
    internal IReadOnlyCollection<string> Names => _files.Keys;

    /// <param name="archive">An open regular file, not compressed; taken over.</param>
    /// <param name="path">For messages.</param>
    /// <exception cref="ImageException">It is no archive.</exception>
    internal static ArchiveFiles Read(SafeFd archive, string path)
    {
        var files = new ArchiveFiles(archive, Quoting.Escape(path));
        try
        {
            files.ReadNames();
            return files;
        }
        catch (TarException error)
        {
            files.Dispose();
            throw new ImageException(ImageError.Invalid, $"{files.Name}: {error.Message}", error);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    private void ReadNames()
    {
        long size = (long)TreeFiles.Facts(_archive, Name).Size;
        using var stream = new FdStream(_archive, 0, size, Name, owns: false);
        var reader = new TarReader(new StreamSource(stream));
        while (reader.Next() is { } entry)
        {
            if (entry.Type is TarType.File or TarType.SymbolicLink or TarType.HardLink && entry.Sparse is null)
            {
                _files[Normal(entry.Name)] = entry;
            }

            if (_files.Count > MaxFiles)
            {
                throw new ImageException(ImageError.Invalid, $"{Name}: more than {MaxFiles} files: this is no image");
            }
        }
    }

    internal override FdStream? TryOpen(string path)
    {
        string name = Normal(RawName.FromText(path));
        for (int links = 0; links < 8; links++)
        {
            if (!_files.TryGetValue(name, out var entry))
            {
                return null;
            }

            if (entry.Type == TarType.File)
            {
                return new FdStream(_archive, entry.Offset, entry.Size, name, owns: false);
            }

            // docker save once wrote a layer that two images share as a link to the other one's.
            int slash = name.LastIndexOf('/');
            name = Normal(entry.Type == TarType.HardLink || slash < 0 ? entry.Target : name[..slash] + "/" + entry.Target);
        }

        return null;
    }

    /// <summary>Only a name to look up: whatever it is, it leads to no other file than one of the archive.</summary>
    private static string Normal(string name)
    {
        var parts = new List<string>();
        foreach (string part in name.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".." && parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part is not ("." or ".."))
            {
                parts.Add(part);
            }
        }

        return string.Join('/', parts);
    }

    public override void Dispose() => _archive.Dispose();
}
