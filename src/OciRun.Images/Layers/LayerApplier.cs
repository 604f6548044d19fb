using OciRun.Images.Tar;
using OciRun.Linux;

namespace OciRun.Images.Layers;

/// <summary>
/// Makes the directory of one layer from its archive, in the form that an overlay takes: the layer's own files, a character device 0:0 for each deletion, an attribute
/// on directories that hide what is below. The archive is a stranger's: every name is resolved within the layer, by descriptors, and links are followed only inside it
/// (layer.md; rows X80, X83, X84). The order of entries does not matter where the specification says so.
/// </summary>
internal sealed partial class LayerApplier : IDisposable
{
    private const int MaxPath = 4096, MaxLinks = 40; // PATH_MAX, and how many links the kernel follows
    private const uint PrivateFile = 0x180, PrivateDirectory = 0x1C0; // 0600, 0700 until all is known

    private readonly SafeFd _root;
    private readonly LowerLayers? _lower;
    private readonly OverlayForm _form;
    private readonly string _what;
    private readonly Dictionary<string, DirectoryState> _directories = new() { [""] = new() };
    private readonly Dictionary<string, SafeFd> _open = [];
    private readonly HashSet<string> _whiteouts = [];
    private readonly HashSet<string> _opaque = [];
    private readonly List<PendingLink> _links = [];
    private readonly Dictionary<string, int> _warnings = [];
    private readonly uint _uid = Processes.EffectiveUid, _gid = Processes.EffectiveGid;
    private long _budget;

    /// <param name="root">Directory of the layer, empty, mode 0700.</param>
    /// <param name="lower">The layers below; null for the lowest.</param>
    /// <param name="form">Where the marks go.</param>
    /// <param name="budget">How many bytes the files may have together, holes included: an archive of a kilobyte must not become a terabyte.</param>
    /// <param name="what">For messages: which layer.</param>
    internal LayerApplier(SafeFd root, LowerLayers? lower, OverlayForm form, long budget, string what) =>
        (_root, _lower, _form, _budget, _what) = (root, lower, form, budget, what);

    /// <summary>Bytes of all files made.</summary>
    internal long Size { get; private set; }

    /// <summary>Entries of the archive.</summary>
    internal long Entries { get; private set; }

    /// <summary>The archive has marks of deletions.</summary>
    internal bool HasDeletions => _whiteouts.Count + _opaque.Count > 0;

    /// <summary>What was left out, a sentence each.</summary>
    internal IEnumerable<string> Warnings
    {
        get
        {
            foreach (var (text, count) in _warnings)
            {
                yield return count == 1 ? $"{_what}: {text}" : $"{_what}: {text} ({count} times)";
            }
        }
    }

    /// <summary>Makes all that the archive has.</summary>
    /// <exception cref="ImageException">The archive is invalid or hostile, or the disk is full.</exception>
    internal void Apply(TarReader reader)
    {
        TarEntry? entry = null;
        try
        {
            while ((entry = reader.Next()) is not null)
            {
                Entries++;
                Apply(entry, reader);
            }

            Finish();
        }
        catch (TarException error)
        {
            throw new ImageException(ImageError.Invalid, entry is null ? $"{_what}: {error.Message}" : $"{_what}: {error.Message} ({RawName.Quote(entry.Name)})", error);
        }
        catch (LinuxException error)
        {
            throw new ImageException(ImageError.Store, entry is null ? $"{_what}: {error.Message}" : $"{_what}: {RawName.Quote(entry.Name)}: {error.Message}", error);
        }
    }

    public void Dispose()
    {
        foreach (SafeFd directory in _open.Values)
        {
            directory.Dispose();
        }

        _open.Clear();
    }

    private void Apply(TarEntry entry, TarReader reader)
    {
        string[] parts = Split(entry.Name, entry);
        if (parts.Length == 0)
        {
            ApplyRoot(entry);
            return;
        }

        string name = parts[^1];
        string parent = string.Join('/', parts, 0, parts.Length - 1);
        for (int i = 0; i < parts.Length; i++)
        {
            if (!parts[i].StartsWith(OverlayNames.Whiteout, StringComparison.Ordinal))
            {
                continue;
            }

            if (parts[i].StartsWith(OverlayNames.Aufs, StringComparison.Ordinal))
            {
                if (parts[i] == OverlayNames.Opaque && i == parts.Length - 1)
                {
                    _opaque.Add(parent);
                }

                return; // the rest is what AUFS kept for itself
            }

            if (i < parts.Length - 1 || name is ".wh." or ".wh.." or ".wh...")
            {
                throw Invalid(entry, "a deletion of something that has no name");
            }

            _whiteouts.Add(Join(parent, name[OverlayNames.Whiteout.Length..]));
            return;
        }

        string directory = Resolve(parent, create: true, entry)!;
        Make(entry, reader, directory, name);
    }

    /// <summary>The entry of the layer's root; whatever is no directory would take the place of the whole file system (CVE-2021-29136).</summary>
    private void ApplyRoot(TarEntry entry) =>
        _directories[""].Entry = entry.Type == TarType.Directory ? entry : throw Invalid(entry, "the root of the layer is no directory");

    private void Make(TarEntry entry, TarReader reader, string directory, string name)
    {
        string path = Join(directory, name);
        SafeFd parent = OpenDirectory(directory);
        switch (entry.Type)
        {
            case TarType.Directory:
                MakeDirectory(entry, parent, name, path);
                break;
            case TarType.File:
                MakeFile(entry, reader, parent, name, path);
                break;
            case TarType.SymbolicLink:
                if (entry.Target.Length == 0)
                {
                    throw Invalid(entry, "a symbolic link to nothing");
                }

                Replace(parent, name, path, () => TreeFiles.TryMakeSymbolicLink(parent, name, entry.Target), entry);
                SetNode(entry, parent, name);
                break;
            case TarType.HardLink:
                MakeLink(entry, parent, directory, name);
                break;
            default:
                MakeNode(entry, parent, name, path);
                break;
        }
    }

    private void MakeDirectory(TarEntry entry, SafeFd parent, string name, string path)
    {
        if (_directories.TryGetValue(path, out var state))
        {
            state.Entry = entry;
            return;
        }

        Replace(parent, name, path, () => TreeFiles.TryMakeDirectory(parent, name, PrivateDirectory), entry);
        _directories[path] = new() { Entry = entry };
    }

    private void MakeFile(TarEntry entry, TarReader reader, SafeFd parent, string name, string path)
    {
        Spend(entry.Size, entry);
        SafeFd? made = null;
        Replace(parent, name, path, () =>
        {
            made = TreeFiles.TryOpen(parent, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, out Errno errno, PrivateFile);
            return errno;
        }, entry);
        using SafeFd file = made!;
        if (entry.Sparse is null)
        {
            for (ReadOnlySpan<byte> data; !(data = reader.ReadData()).IsEmpty;)
            {
                Check(Files.TryWrite(file, data), "write", entry);
            }
        }
        else
        {
            WriteSparse(entry, reader, file);
        }

        SetFile(entry, file);
    }

    private void WriteSparse(TarEntry entry, TarReader reader, SafeFd file)
    {
        Check(TreeFiles.TrySetSize(file, entry.Size), "ftruncate", entry);
        foreach (var (offset, length) in entry.Sparse!)
        {
            for (long done = 0; done < length;)
            {
                ReadOnlySpan<byte> data = reader.ReadData((int)Math.Min(length - done, int.MaxValue));
                Check(TreeFiles.TryWriteAt(file, data, offset + done), "pwrite", entry);
                done += data.Length;
            }
        }
    }

    private void MakeNode(TarEntry entry, SafeFd parent, string name, string path)
    {
        uint type = entry.Type switch { TarType.Character => FileType.Character, TarType.Block => FileType.Block, _ => FileType.Fifo };
        if (entry is { Type: TarType.Character, Major: 0, Minor: 0 })
        {
            throw Invalid(entry, "a character device 0:0, which is how an overlay marks a deletion");
        }

        Errno errno = Replace(parent, name, path, () => TreeFiles.TryMakeNode(parent, name, type | PrivateFile, entry.Major, entry.Minor), entry, tolerated: Errno.EPERM);
        if (errno == Errno.EPERM)
        {
            Warn("a device could not be made: not allowed in a user namespace"); // row I22
            return;
        }

        SetNode(entry, parent, name);
    }

    private void MakeLink(TarEntry entry, SafeFd parent, string directory, string name)
    {
        string[] parts = Split(entry.Target, entry);
        if (parts.Length == 0)
        {
            throw Invalid(entry, "a hard link to the root of the layer");
        }

        string path = Join(directory, name);
        var link = new PendingLink(directory, name, string.Join('/', parts, 0, parts.Length - 1), parts[^1], entry);
        if (FindTarget(link) is not { } target)
        {
            Remove(parent, name, path);
            _links.Add(link); // its target comes later, or is in a lower layer
            return;
        }

        if (target == path)
        {
            return; // a link to itself: there already
        }

        Replace(parent, name, path, () => TryLink(target, parent, name), entry);
    }

    /// <summary>The path of a link's target, when it is in this layer already.</summary>
    private string? FindTarget(PendingLink link)
    {
        string? directory = Resolve(link.TargetDirectory, create: false, link.Entry);
        if (directory is null || !_directories.ContainsKey(directory) || TreeFiles.TryFacts(OpenDirectory(directory), link.TargetName, out _) is not { } facts)
        {
            return null;
        }

        return facts.IsDirectory ? throw Invalid(link.Entry, "a hard link to a directory") : Join(directory, link.TargetName);
    }

    private Errno TryLink(string target, SafeFd parent, string name)
    {
        int slash = target.LastIndexOf('/');
        return TreeFiles.TryLink(OpenDirectory(slash < 0 ? "" : target[..slash]), target[(slash + 1)..], parent, name);
    }

    /// <summary>Makes a name; what had it before goes, with all below it: the later entry counts (layer.md).</summary>
    private Errno Replace(SafeFd parent, string name, string path, Func<Errno> make, TarEntry entry, Errno tolerated = Errno.None)
    {
        Errno errno = make();
        if (errno == Errno.EEXIST)
        {
            Remove(parent, name, path);
            errno = make();
        }

        if (errno != tolerated)
        {
            Check(errno, "making it", entry);
        }

        return errno;
    }

    private void Remove(SafeFd parent, string name, string path)
    {
        if (!_directories.Remove(path))
        {
            Errno errno = TreeFiles.TryRemove(parent, name);
            if (errno is not (Errno.None or Errno.ENOENT))
            {
                throw new LinuxException("unlinkat", RawName.Quote(path), errno);
            }

            return;
        }

        Dispose(); // one of the open directories may be it, or below it
        using (SafeFd directory = TreeFiles.Open(_root, path, OpenFlags.ReadOnly | OpenFlags.Directory))
        {
            foreach (var (child, _) in TreeFiles.Entries(directory))
            {
                Remove(directory, child, Join(path, child));
            }
        }

        int slash = path.LastIndexOf('/');
        Errno removed = TreeFiles.TryRemove(OpenDirectory(slash < 0 ? "" : path[..slash]), name, isDirectory: true);
        if (removed != Errno.None)
        {
            throw new LinuxException("unlinkat", RawName.Quote(path) + ", AT_REMOVEDIR", removed);
        }
    }

    private void Spend(long size, TarEntry entry)
    {
        Size += size;
        _budget -= size;
        if (size < 0 || _budget < 0)
        {
            throw Invalid(entry, "the files of the layer are larger than an archive of this size, or this disk, can have room for");
        }
    }

    private void Warn(string text) => _warnings[text] = _warnings.GetValueOrDefault(text) + 1;

    private void Check(Errno errno, string call, TarEntry entry)
    {
        if (errno != Errno.None)
        {
            throw new ImageException(
                errno is Errno.ENAMETOOLONG or Errno.EINVAL ? ImageError.Invalid : ImageError.Store,
                $"{_what}: {RawName.Quote(entry.Name)}: {call}: {ErrnoText.Describe(errno)}");
        }
    }

    private ImageException Invalid(TarEntry entry, string why) => new(ImageError.Invalid, $"{_what}: {RawName.Quote(entry.Name)}: {why}");

    private static string Join(string directory, string name) => directory.Length == 0 ? name : directory + "/" + name;
}
