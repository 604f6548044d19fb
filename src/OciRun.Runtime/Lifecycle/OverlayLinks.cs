using OciRun.Linux;
using OciRun.Runtime.Planning;

namespace OciRun.Runtime.Lifecycle;

/// <summary>
/// The directories of an overlay by names of one or two letters, relative to the working directory: before <c>lowerdir+</c> (Linux 6.7) all layers stand in one string of
/// fsconfig(2), which has 255 bytes and ends at a comma. The names are symbolic links in a tmpfs that is attached nowhere. So some hundred layers fit (row I60).
/// </summary>
internal sealed class OverlayLinks : IDisposable
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    private const string Upper = "-u", Work = "-w";

    private readonly OverlayRoot _root;
    private readonly SafeFd _before, _links;

    /// <summary>Enters the directory of the links, until it is disposed.</summary>
    /// <exception cref="LinuxException">The tmpfs cannot be made.</exception>
    internal OverlayLinks(OverlayRoot root)
    {
        _root = root;
        using FileSystemContext memory = FileSystemContext.Open("tmpfs");
        memory.Set("mode", "0700");
        _links = memory.Mount(0);
        _before = Files.Open(".", OpenFlags.Path | OpenFlags.Directory);
        Enter(_links);
    }

    /// <summary>lowerdir, upperdir, workdir.</summary>
    /// <exception cref="LinuxException">There are too many layers, or the kernel's own words.</exception>
    internal void Set(FileSystemContext context)
    {
        string[] names = [.. _root.Lower.Select(static (_, i) => Name(i))];
        for (int i = 0; i < names.Length; i++)
        {
            Link(names[i], _root.Lower[i]);
        }

        context.Set("lowerdir", string.Join(':', names));
        if (_root.Upper is not null)
        {
            Link(Upper, _root.Upper);
            Link(Work, _root.Work!);
            context.Set("upperdir", Upper);
            context.Set("workdir", Work);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Enter(_before);
        _before.Dispose();
        _links.Dispose();
    }

    private static string Name(int index) => index < Letters.Length ? Letters[index..(index + 1)] : $"{Letters[(index / Letters.Length) - 1]}{Letters[index % Letters.Length]}";

    private void Link(string name, string target)
    {
        Errno errno = TreeFiles.TryMakeSymbolicLink(_links, name, RawName.FromText(target));
        if (errno != Errno.None)
        {
            throw new LinuxException("symlinkat", Quoting.Quote(target), errno);
        }
    }

    private static void Enter(SafeFd directory) => Files.ChangeDirectory(directory.ProcPath);
}
