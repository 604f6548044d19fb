using OciRun.Images.Tar;
using OciRun.Linux;

namespace OciRun.Images.Layers;

internal sealed partial class LayerApplier
{
    private const int MaxOpen = 64;

    /// <summary>The components of a path of the archive, which begins at the layer's root whether it says so or not.</summary>
    private string[] Split(string path, TarEntry entry)
    {
        if (path.Length >= MaxPath)
        {
            throw Invalid(entry, $"a path of {path.Length} bytes");
        }

        if (path.Contains('\0', StringComparison.Ordinal))
        {
            throw Invalid(entry, "a path with a NUL");
        }

        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        int count = 0;
        foreach (string part in parts)
        {
            if (part == "..")
            {
                throw Invalid(entry, $"a path that leads upwards: {RawName.Quote(path)}");
            }

            if (part.Length > 255)
            {
                throw Invalid(entry, $"a name of {part.Length} bytes");
            }

            if (part != ".")
            {
                parts[count++] = part;
            }
        }

        return count == parts.Length ? parts : parts[..count];
    }

    /// <summary>
    /// The real path of a directory that an entry names: symbolic links on the way, of this layer and of lower ones, are followed within the root, as the kernel would in
    /// the finished file system.
    /// </summary>
    /// <param name="path">As the archive has it.</param>
    /// <param name="create">Makes what is missing in this layer; otherwise the result is null when there is no such directory.</param>
    /// <param name="entry">For messages.</param>
    private string? Resolve(string path, bool create, TarEntry entry)
    {
        if (_directories.ContainsKey(path))
        {
            return path;
        }

        var rest = new Stack<string>();
        Push(rest, path);
        string current = "";
        int links = 0;
        while (rest.TryPop(out string? part))
        {
            if (part is "." or "..")
            {
                current = part == "." ? current : Parent(current); // only out of links; above the root is the root
                continue;
            }

            string next = Join(current, part);
            string? target = null;
            if (_directories.ContainsKey(next) || (target = Look(current, part, next, create, entry)) is "")
            {
                current = next;
            }
            else if (target is null)
            {
                return null;
            }
            else
            {
                if (++links > MaxLinks)
                {
                    throw Invalid(entry, "too many symbolic links on the way");
                }

                current = target[0] == '/' ? "" : current;
                Push(rest, target);
            }

            if (current.Length >= MaxPath)
            {
                throw Invalid(entry, "symbolic links make its path too long");
            }
        }

        return current;
    }

    /// <summary>One step: the target of a link, "" for a directory, null for neither. A directory that is only in lower layers is made in this one too.</summary>
    private string? Look(string current, string part, string next, bool create, TarEntry entry)
    {
        bool isHere = _directories.ContainsKey(current);
        if (isHere && TreeFiles.TryFacts(OpenDirectory(current), part, out _) is { } facts)
        {
            return facts.Type == FileType.Link ? TreeFiles.ReadLink(OpenDirectory(current), part)
                : create ? throw Invalid(entry, $"it is below {RawName.Quote(next)}, which is no directory") : null;
        }

        if (_lower is not null && !_whiteouts.Contains(next) && _lower.Find(next) is { } found)
        {
            if (found.Facts.Type == FileType.Link)
            {
                return _lower.ReadLink(found, next);
            }

            if (!found.Facts.IsDirectory)
            {
                return create ? throw Invalid(entry, $"it is below {RawName.Quote(next)}, which is no directory in a lower layer") : null;
            }
        }
        else if (!create)
        {
            return null;
        }

        if (create)
        {
            MakeImplicit(current, part, next);
        }

        return "";
    }

    private void MakeImplicit(string directory, string name, string path)
    {
        Errno errno = TreeFiles.TryMakeDirectory(OpenDirectory(directory), name, PrivateDirectory);
        _directories[path] = errno == Errno.None ? new() : throw new LinuxException("mkdirat", RawName.Quote(path), errno);
    }

    /// <summary>A directory of this layer, borrowed until the next one is opened or one is removed... the most recent ones stay open.</summary>
    private SafeFd OpenDirectory(string path)
    {
        if (path.Length == 0)
        {
            return _root;
        }

        if (_open.TryGetValue(path, out SafeFd? known))
        {
            return known;
        }

        if (_open.Count >= MaxOpen)
        {
            Dispose();
        }

        return _open[path] = TreeFiles.Open(_root, path, OpenFlags.ReadOnly | OpenFlags.Directory);
    }

    private static void Push(Stack<string> rest, string path)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (int i = parts.Length - 1; i >= 0; i--)
        {
            rest.Push(parts[i]);
        }
    }

    private static string Parent(string path) => path.LastIndexOf('/') is var slash && slash > 0 ? path[..slash] : "";
}
