using OciRun.Images.Tar;
using OciRun.Linux;

namespace OciRun.Images.Changes;

/// <summary>Writes the archive of a layer from a list of files: sorted, a directory before what is in it.</summary>
/// <param name="output">Stays the caller's.</param>
/// <param name="latest">No time in it is later; null: as the files have it.</param>
internal sealed class ListWriter(Stream output, long? latest)
{
    private const string Capability = "security.capability";

    private readonly TarWriter _tar = new(output);
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(256 << 10);

    /// <exception cref="LinuxException">A file cannot be read.</exception>
    internal void Run(IEnumerable<NewFile> files)
    {
        using SafeFd root = Files.Open("/", OpenFlags.ReadOnly | OpenFlags.Directory);
        foreach (NewFile file in files.OrderBy(static file => file.Path.Replace('/', '\0'), StringComparer.Ordinal))
        {
            using SafeFd? source = file.Source is null ? null : TreeFiles.Open(root, file.Source, OpenFlags.ReadOnly);
            long size = source is null ? file.Content.Length : (long)TreeFiles.Facts(source, file.Path).Size;
            _tar.Begin(Describe(file, size, source));
            if (source is not null)
            {
                Copy(source, file.Path, size);
            }
            else if ((file.Mode & FileType.Mask) == FileType.Regular)
            {
                _tar.Write(file.Content);
            }
        }

        _tar.Finish();
    }

    private TarEntry Describe(NewFile file, long size, SafeFd? source)
    {
        TarType type = (file.Mode & FileType.Mask) switch
        {
            FileType.Directory => TarType.Directory,
            FileType.Link => TarType.SymbolicLink,
            _ => TarType.File,
        };
        return new TarEntry
        {
            Type = type,
            Name = type == TarType.Directory ? (file.Path.Length == 0 ? "./" : file.Path + "/") : file.Path,
            Target = file.Target,
            Mode = file.Mode & 0xFFF,
            Uid = file.Uid,
            Gid = file.Gid,
            Modified = latest is { } limit && file.Modified.Seconds >= limit ? new FileTime(limit, 0) : file.Modified,
            Size = type == TarType.File ? size : 0,
            Attributes = source is null ? [] : TreeFiles.GetAttributes(source).FindAll(static attribute => attribute.Key == Capability),
        };
    }

    private void Copy(SafeFd source, string path, long size)
    {
        for (long offset = 0; offset < size;)
        {
            int count = TreeFiles.ReadAt(source, _buffer.AsSpan(0, (int)Math.Min(_buffer.Length, size - offset)), offset, path);
            if (count == 0)
            {
                throw new ImageException(ImageError.Store, $"{RawName.Quote("/" + path)} became shorter while it was read");
            }

            _tar.Write(_buffer.AsSpan(0, count));
            offset += count;
        }
    }
}
