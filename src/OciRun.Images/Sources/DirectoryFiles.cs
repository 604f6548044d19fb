using OciRun.Linux;

namespace OciRun.Images.Sources;

/// <summary>The files of a directory. It may be somebody else's: nothing outside is reached through links in it.</summary>
internal sealed class DirectoryFiles : FileSet
{
    private readonly SafeFd _directory;

    private DirectoryFiles(SafeFd directory, string path) => (_directory, Name) = (directory, path);

    internal override string Name { get; }

    /// <exception cref="ImageException">It cannot be opened.</exception>
    internal static DirectoryFiles Open(string path) =>
        Files.TryOpen(SafeFd.CurrentDirectory, path, OpenFlags.Path | OpenFlags.Directory, out var errno) is { } directory
            ? new(directory, Quoting.Escape(path))
            : throw new ImageException(ImageError.Missing, $"cannot open the directory {Quoting.Quote(path)}: {ErrnoText.Describe(errno)}");

    internal override FdStream? TryOpen(string path)
    {
        var file = TreeFiles.TryOpen(_directory, RawName.FromText(path), OpenFlags.ReadOnly | OpenFlags.NonBlock | OpenFlags.NoCtty, out var errno);
        if (file is null)
        {
            return errno is Errno.ENOENT or Errno.ENOTDIR
                ? null
                : throw new ImageException(ImageError.Store, $"{Name}: cannot open {Quoting.Escape(path)}: {ErrnoText.Describe(errno)}");
        }

        var facts = TreeFiles.Facts(file, path);
        if (facts.Type == FileType.Regular)
        {
            return new FdStream(file, 0, (long)facts.Size, RawName.FromText(path), owns: true);
        }

        file.Dispose();
        throw new ImageException(ImageError.Invalid, $"{Name}: {Quoting.Escape(path)} is no regular file");
    }

    public override void Dispose() => _directory.Dispose();
}
