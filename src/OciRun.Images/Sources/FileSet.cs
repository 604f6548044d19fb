namespace OciRun.Images.Sources;

/// <summary>Where the files of an image come from: a directory, or an archive of one.</summary>
internal abstract class FileSet : IDisposable
{
    private const int MaxDocument = 4 << 20; // what registries and engines take for a manifest or a configuration

    /// <summary>As the user named it.</summary>
    internal abstract string Name { get; }

    /// <summary>A file of the set, to be read from its beginning; null when it is missing.</summary>
    /// <param name="path">Relative, with slashes.</param>
    internal abstract FdStream? TryOpen(string path);

    /// <summary>A small file, whole; null when it is missing.</summary>
    /// <exception cref="ImageException">It is too large for what it should be.</exception>
    internal byte[]? TryRead(string path)
    {
        using var stream = TryOpen(path);
        if (stream is null)
        {
            return null;
        }

        if (stream.Length > MaxDocument)
        {
            throw new ImageException(ImageError.Invalid, $"{Name}: {Linux.Quoting.Escape(path)} has {stream.Length} bytes: no document of an image is so large");
        }

        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }

    public abstract void Dispose();
}
