using OciRun.Images.Layers;
using OciRun.Linux;

namespace OciRun.Images.Changes;

/// <summary>Walks a tree and compares it with the layers below.</summary>
internal sealed class ChangeFinder
{
    private const uint StubMode = 0x1ED; // 0755, as the runtime makes directories on the way to a mount point

    private readonly ChangedTree _tree;
    private readonly LowerLayers _lower;
    private readonly FileComparison _comparison;
    private readonly HashSet<string> _onTheWay = [];

    internal ChangeFinder(ChangedTree tree)
    {
        (_tree, _lower, _comparison) = (tree, tree.Lower, new FileComparison(tree));
        foreach (string point in tree.View.MountPoints.Concat(tree.View.Devices))
        {
            for (int slash = point.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = point.IndexOf('/', slash + 1))
            {
                _onTheWay.Add(point[..slash]);
            }
        }
    }

    internal List<Change> Run()
    {
        var found = new List<Change>();
        FileFacts facts = TreeFiles.Facts(_tree.Root, "/");
        if (!_tree.HasLower || _comparison.DirectoryDiffers(_tree.Root, facts, _tree.TopLayer, TreeFiles.Facts(_tree.TopLayer, "/")))
        {
            found.Add(new Change(_tree.HasLower ? ChangeKind.Changed : ChangeKind.Added, "", 0) { Facts = facts });
        }

        Contents(_tree.Root, facts, "", hidden: false, found);
        return Sorted(found, static change => change.Path.Replace('/', '\0'));
    }

    /// <summary>By a key in which a slash is a NUL: so a directory comes right before what is in it.</summary>
    internal static List<Change> Sorted(List<Change> changes, Func<Change, string> key)
    {
        string[] keys = [.. changes.Select(key)];
        Change[] sorted = [.. changes];
        Array.Sort(keys, sorted, StringComparer.Ordinal);
        return [.. sorted];
    }

    /// <summary>What is in a directory.</summary>
    /// <param name="directory">Open.</param>
    /// <param name="facts">Of it.</param>
    /// <param name="path">Of it.</param>
    /// <param name="hidden">Nothing of the layers shows here.</param>
    /// <param name="found">Gets the changes.</param>
    /// <returns>How many names it has.</returns>
    private int Contents(SafeFd directory, FileFacts facts, string path, bool hidden, List<Change> found)
    {
        var present = new HashSet<string>();
        var entries = TreeFiles.Entries(directory);
        foreach (var (name, _) in entries)
        {
            string child = path.Length == 0 ? name : path + "/" + name;
            present.Add(name);
            // From inside: what is mounted there is not of this file system. Its device tells it of directories, too, if somebody mounts meanwhile.
            if (_tree.View.Covered.Contains(child) || TreeFiles.TryFacts(directory, name, out _) is not { } entry || (_tree.IsMerged && entry.IsDirectory && entry.Device != facts.Device))
            {
                continue;
            }

            if (!_tree.IsMerged && entry.IsWhiteout)
            {
                if (!hidden && _lower.Find(child) is not null)
                {
                    found.Add(new Change(ChangeKind.Deleted, child, 0));
                }

                present.Remove(name);
                continue;
            }

            Entry(directory, name, child, entry, hidden, found);
        }

        if ((_tree.IsMerged || hidden) && _tree.HasLower && (path.Length == 0 || _lower.Find(path) is { Facts.IsDirectory: true }))
        {
            foreach (string name in _lower.Names(path))
            {
                if (!present.Contains(name))
                {
                    found.Add(new Change(ChangeKind.Deleted, path.Length == 0 ? name : path + "/" + name, 0) { IsImplied = hidden });
                }
            }
        }

        return entries.Count;
    }

    private void Entry(SafeFd parent, string name, string path, FileFacts facts, bool hidden, List<Change> found)
    {
        LowerEntry? lower = _lower.Find(path);
        if (facts.IsDirectory)
        {
            Directory(parent, name, path, facts, lower, hidden, found);
            return;
        }

        if (lower is null)
        {
            bool isStub = facts.Type == FileType.Regular ? facts.Size == 0 && _tree.View.MountPoints.Contains(path) : _tree.View.Devices.Contains(path);
            if (!isStub)
            {
                found.Add(New(ChangeKind.Added, path, facts));
            }
        }
        else if (hidden || _comparison.Differs(parent, name, path, facts, lower.Value))
        {
            found.Add(New(ChangeKind.Changed, path, facts));
        }
    }

    private void Directory(SafeFd parent, string name, string path, FileFacts facts, LowerEntry? lower, bool hidden, List<Change> found)
    {
        using SafeFd? directory = TreeFiles.TryOpen(parent, name, OpenFlags.ReadOnly | OpenFlags.Directory, out Errno errno);
        if (directory is null)
        {
            if (errno is Errno.ENOENT or Errno.ENOTDIR)
            {
                return; // gone meanwhile
            }

            throw new LinuxException("openat2", RawName.Quote(path), errno);
        }

        bool hides = !_tree.IsMerged && TreeFiles.GetAttribute(directory, OverlayNames.OpaqueAttribute(_tree.Form)) is [(byte)'y'];
        var inside = new List<Change>();
        int names = Contents(directory, facts, path, hidden || hides, inside);
        if (lower is null)
        {
            bool isPoint = _tree.View.MountPoints.Contains(path);
            if (inside.Count == 0 && ((isPoint && (names == 0 || _onTheWay.Contains(path))) || (_onTheWay.Contains(path) && names > 0 && IsPlain(facts))))
            {
                return; // made by the runtime to mount on, and untouched
            }

            found.Add(New(ChangeKind.Added, path, facts));
        }
        else
        {
            bool differs = hidden || lower.Value.Facts.Type != facts.Type || LowerDiffers(directory, path, facts, lower.Value);
            bool isOpaque = hides && !hidden && lower.Value.Facts.IsDirectory;
            if (differs || isOpaque)
            {
                found.Add(New(ChangeKind.Changed, path, facts) with { IsOpaque = isOpaque, IsMarkOnly = !differs });
            }
        }

        found.AddRange(inside);
    }

    private bool LowerDiffers(SafeFd directory, string path, FileFacts facts, LowerEntry lower)
    {
        using SafeFd below = _lower.Open(lower, path, OpenFlags.Path);
        return _comparison.DirectoryDiffers(directory, facts, below, lower.Facts);
    }

    private bool IsPlain(FileFacts facts) => facts.Permissions == StubMode && _tree.View.Owner(facts) == (0, 0);

    private static Change New(ChangeKind kind, string path, FileFacts facts) => new(kind, path, facts.Type == FileType.Regular ? (long)facts.Size : 0) { Facts = facts };
}
