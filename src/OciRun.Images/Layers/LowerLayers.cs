using OciRun.Linux;

namespace OciRun.Images.Layers;

/// <summary>
/// The layers below one that is being made, seen as an overlay of them would show them, without mounting one. They may still be in the making themselves: the first look
/// waits for them.
/// </summary>
/// <param name="wait">Gives the layers' directories, the topmost first; borrowed. Throws when there will be none.</param>
/// <param name="form">Of their opaque marks.</param>
internal sealed class LowerLayers(Func<IReadOnlyList<SafeFd>> wait, OverlayForm form)
{
    private readonly Dictionary<string, int[]> _directories = [];
    private IReadOnlyList<SafeFd>? _layers;

    private IReadOnlyList<SafeFd> Layers => _layers ??= wait();

    /// <summary>What is at this path; null for nothing. No link is followed: a path through one has nothing there.</summary>
    internal LowerEntry? Find(string path)
    {
        int slash = path.LastIndexOf('/');
        foreach (int layer in Directory(slash < 0 ? "" : path[..slash]))
        {
            if (TreeFiles.TryFacts(Layers[layer], path, out _) is { } facts)
            {
                return facts.IsWhiteout ? null : new LowerEntry(layer, facts);
            }
        }

        return null;
    }

    /// <summary>The names that the merged directory of this path shows.</summary>
    internal IEnumerable<string> Names(string path)
    {
        var seen = new HashSet<string>();
        foreach (int layer in Directory(path))
        {
            using SafeFd directory = TreeFiles.Open(Layers[layer], path, OpenFlags.ReadOnly | OpenFlags.Directory);
            foreach (var (name, _) in TreeFiles.Entries(directory))
            {
                seen.Add(name);
            }
        }

        foreach (string name in seen)
        {
            if (Find(path.Length == 0 ? name : path + "/" + name) is not null)
            {
                yield return name;
            }
        }
    }

    /// <summary>Opens what <see cref="Find"/> found.</summary>
    /// <exception cref="LinuxException">As openat2(2).</exception>
    internal SafeFd Open(LowerEntry entry, string path, OpenFlags flags) => TreeFiles.Open(Layers[entry.Layer], path, flags);

    /// <summary>The target of a symbolic link that <see cref="Find"/> found.</summary>
    internal string ReadLink(LowerEntry entry, string path)
    {
        using SafeFd link = Open(entry, path, OpenFlags.Path);
        return TreeFiles.ReadLink(link, "") ?? "";
    }

    /// <summary>The topmost layer's root.</summary>
    internal SafeFd Top => Layers[0];

    /// <summary>The layers whose directories of this path are merged, the topmost first; none when it is no directory.</summary>
    private int[] Directory(string path)
    {
        if (_directories.TryGetValue(path, out int[]? known))
        {
            return known;
        }

        var found = new List<int>();
        int slash = path.LastIndexOf('/');
        foreach (int layer in path.Length == 0 ? Enumerable.Range(0, Layers.Count) : Directory(slash < 0 ? "" : path[..slash]))
        {
            using SafeFd? directory = TreeFiles.TryOpen(Layers[layer], path, OpenFlags.Path, out _);
            if (directory is null)
            {
                continue;
            }

            if (!TreeFiles.Facts(directory, path).IsDirectory)
            {
                break; // a file or a whiteout hides what is below
            }

            found.Add(layer);
            if (TreeFiles.GetAttribute(directory, OverlayNames.OpaqueAttribute(form)) is [(byte)'y'])
            {
                break;
            }
        }

        return _directories[path] = [.. found];
    }
}
