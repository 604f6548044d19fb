using OciRun.Images.Tar;
using OciRun.Linux;

namespace OciRun.Images.Layers;

internal sealed partial class LayerApplier
{
    /// <summary>What had to wait for the end: links, deletions, and the directories' own owner, mode and times.</summary>
    private void Finish()
    {
        MakePendingLinks();
        MarkOpaque();
        MakeWhiteouts();
        foreach (var (path, state) in _directories)
        {
            SetDirectory(path, state);
        }
    }

    private void MakePendingLinks()
    {
        _links.RemoveAll(link => !_directories.ContainsKey(link.Directory)); // a later entry removed the directory
        for (bool progress = true; progress && _links.Count > 0;)
        {
            progress = _links.RemoveAll(link => FindTarget(link) is { } target && Link(link, target)) > 0;
        }

        foreach (var link in _links)
        {
            string? directory = Resolve(link.TargetDirectory, create: false, link.Entry);
            string path = directory is null ? "" : Join(directory, link.TargetName);
            if (directory is null || _lower?.Find(path) is not { } found || found.Facts.IsDirectory)
            {
                throw Invalid(link.Entry, $"a hard link to {RawName.Quote(Join(link.TargetDirectory, link.TargetName))}, which is missing");
            }

            if (!_directories.ContainsKey(directory))
            {
                Resolve(directory, create: true, link.Entry);
            }

            if (TreeFiles.TryFacts(OpenDirectory(directory), link.TargetName, out _) is null)
            {
                CopyUp(found, path, OpenDirectory(directory), link);
            }

            Link(link, path);
        }
    }

    private bool Link(PendingLink link, string target)
    {
        Errno errno = TryLink(target, OpenDirectory(link.Directory), link.Name);
        if (errno != Errno.EEXIST) // a later entry of this name counts
        {
            Check(errno, "linkat", link.Entry);
        }

        return true;
    }

    private void MarkOpaque()
    {
        foreach (string path in _opaque)
        {
            string? real = _lower is null ? null : Resolve(path, create: false, s_root);
            if (real is "")
            {
                _whiteouts.UnionWith(_lower!.Names("")); // the kernel merges the roots whatever they are marked as
                continue;
            }

            if (real is null || _lower!.Find(real) is not { Facts.IsDirectory: true })
            {
                continue; // nothing there that could be hidden
            }

            Resolve(real, create: true, s_root);
            _directories[real].IsOpaque = true;
        }
    }

    /// <summary>
    /// The devices 0:0. Only for what lower layers have: an overlay lists, but cannot show, one that hides nothing (fuse-overlayfs#306). What this layer has of that name
    /// stays, and a directory then hides the lower one, whatever the order in the archive (layer.md; rows I4, I8, I11, I12).
    /// </summary>
    private void MakeWhiteouts()
    {
        if (_lower is null || _whiteouts.Count == 0)
        {
            return;
        }

        string[] sorted = [.. _whiteouts];
        Array.Sort(sorted, string.CompareOrdinal); // a directory comes before what is in it
        foreach (string raw in sorted)
        {
            string? directory = Resolve(Parent(raw), create: false, s_root);
            string name = raw[(raw.LastIndexOf('/') + 1)..];
            string path = directory is null ? "" : Join(directory, name);
            if (directory is null || IsHidden(directory) || _lower.Find(path) is not { } found)
            {
                continue;
            }

            if (_directories.TryGetValue(path, out var state))
            {
                (state.IsOpaque, state.IsReplacement) = (found.Facts.IsDirectory, true);
                continue;
            }

            Resolve(directory, create: true, s_root);
            SafeFd parent = OpenDirectory(directory);
            if (TreeFiles.TryFacts(parent, name, out _) is null)
            {
                // Allowed in a user namespace too, since 5.8.
                Errno errno = TreeFiles.TryMakeNode(parent, name, FileType.Character, 0, 0);
                if (errno != Errno.None)
                {
                    throw new LinuxException("mknodat", $"{RawName.Quote(path)}, 0:0", errno);
                }

                TreeFiles.TrySetTime(parent, name, default); // the same layer is the same directory, on every machine
            }
        }
    }

    /// <summary>Does this layer hide what lower layers have in this directory?</summary>
    private bool IsHidden(string path)
    {
        for (; ; path = Parent(path))
        {
            if (_directories.TryGetValue(path, out var state) && state.IsOpaque)
            {
                return true;
            }

            if (path.Length == 0)
            {
                return false;
            }
        }
    }

    /// <summary>The file that a hard link names is only in a lower layer: it is copied to this one, as an overlay would.</summary>
    private void CopyUp(LowerEntry found, string path, SafeFd parent, PendingLink link)
    {
        string name = link.TargetName;
        using SafeFd source = _lower!.Open(found, path, found.Facts.Type == FileType.Regular ? OpenFlags.ReadOnly : OpenFlags.Path);
        var facts = found.Facts;
        var entry = new TarEntry
        {
            Type = facts.Type switch
            {
                FileType.Regular => TarType.File,
                FileType.Link => TarType.SymbolicLink,
                FileType.Character => TarType.Character,
                FileType.Block => TarType.Block,
                _ => TarType.Fifo,
            },
            Name = path,
            Mode = facts.Permissions,
            Uid = facts.Uid,
            Gid = facts.Gid,
            Modified = facts.Modified,
            Attributes = TreeFiles.GetAttributes(source),
        };
        switch (facts.Type)
        {
            case FileType.Regular:
                Spend((long)facts.Size, link.Entry);
                using (SafeFd file = TreeFiles.Open(parent, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, PrivateFile))
                {
                    Copy(source, file, entry);
                    SetFile(entry, file);
                }

                break;
            case FileType.Link:
                Check(TreeFiles.TryMakeSymbolicLink(parent, name, TreeFiles.ReadLink(source, "") ?? ""), "symlinkat", entry);
                SetNode(entry, parent, name);
                break;
            default:
                Check(TreeFiles.TryMakeNode(parent, name, facts.Type | PrivateFile, facts.SpecialMajor, facts.SpecialMinor), "mknodat", entry);
                SetNode(entry, parent, name);
                break;
        }
    }

    private void Copy(SafeFd source, SafeFd target, TarEntry entry)
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(256 << 10);
        for (int count; (count = Files.Read(source, buffer, entry.Name)) > 0;)
        {
            Check(Files.TryWrite(target, buffer.AsSpan(0, count)), "write", entry);
        }
    }

    private void SetDirectory(string path, DirectoryState state)
    {
        using SafeFd directory = TreeFiles.Open(_root, path, OpenFlags.ReadOnly | OpenFlags.Directory);
        if (state.IsOpaque)
        {
            Errno errno = TreeFiles.TrySetAttribute(directory, OverlayNames.OpaqueAttribute(_form), "y"u8);
            if (errno != Errno.None)
            {
                throw new LinuxException("fsetxattr", $"{RawName.Quote(path)}, {OverlayNames.OpaqueAttribute(_form)}", errno);
            }
        }

        SetFile(state.Entry ?? Implicit(path, state), directory);
    }

    /// <summary>
    /// A directory without an entry: as the lower layers have it, since in an overlay it is this layer's that shows (row I17); else plain. The root always is one: most
    /// layers have no entry for it.
    /// </summary>
    private TarEntry Implicit(string path, DirectoryState state)
    {
        if (_lower is null || state.IsReplacement || IsHidden(Parent(path)))
        {
            return s_root;
        }

        bool isRoot = path.Length == 0;
        var found = isRoot ? new LowerEntry(0, TreeFiles.Facts(_lower.Top, "/")) : _lower.Find(path);
        if (found is not { Facts.IsDirectory: true } lower)
        {
            return s_root;
        }

        using SafeFd? opened = isRoot ? null : _lower.Open(lower, path, OpenFlags.Path);
        return new TarEntry
        {
            Type = TarType.Directory,
            Name = path,
            Mode = lower.Facts.Permissions,
            Uid = lower.Facts.Uid,
            Gid = lower.Facts.Gid,
            Modified = lower.Facts.Modified,
            Attributes = TreeFiles.GetAttributes(opened ?? _lower.Top).FindAll(static attribute => !OverlayNames.IsOverlayAttribute(attribute.Key)),
        };
    }

    /// <summary>Directories that nobody describes: root's, 0755, of no time.</summary>
    private static readonly TarEntry s_root = new() { Type = TarType.Directory, Name = "/", Mode = 0x1ED };
}
