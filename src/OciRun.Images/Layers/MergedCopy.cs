using OciRun.Linux;

namespace OciRun.Images.Layers;

/// <summary>
/// A plain copy of what an overlay of layers shows, for runtimes that know no layers: each name once, from the topmost layer that has it; hard links stay links, holes stay
/// holes. Nothing is mounted, so an ordinary user can do it.
/// </summary>
internal sealed class MergedCopy
{
    private readonly OverlayForm _form;
    private readonly SafeFd _target;
    private readonly bool _isRoot = Processes.EffectiveUid == 0;
    private readonly Dictionary<(ulong, ulong), string> _linked = [];

    private MergedCopy(SafeFd target, OverlayForm form) => (_target, _form) = (target, form);

    /// <param name="layers">Directories, the topmost first.</param>
    /// <param name="target">An empty directory.</param>
    /// <param name="form">Of the layers' marks.</param>
    /// <exception cref="LinuxException">The target is not whole then.</exception>
    internal static void Run(IReadOnlyList<string> layers, SafeFd target, OverlayForm form)
    {
        var open = new List<SafeFd>();
        try
        {
            foreach (string layer in layers)
            {
                open.Add(Files.Open(layer, OpenFlags.ReadOnly | OpenFlags.Directory));
            }

            new MergedCopy(target, form).Directory(open, target, "");
        }
        finally
        {
            open.ForEach(static fd => fd.Dispose());
        }
    }

    /// <summary>Fills a directory; its own owner, mode and time come last, as what is made in it changes the time.</summary>
    /// <param name="sources">The directories of that path that show, the topmost first.</param>
    /// <param name="target">The directory.</param>
    /// <param name="path">Of it, from the root, with a slash at its end; empty for the root.</param>
    private void Directory(List<SafeFd> sources, SafeFd target, string path)
    {
        var done = new HashSet<string>();
        for (int i = 0; i < sources.Count; i++)
        {
            foreach (var (name, _) in TreeFiles.Entries(sources[i]))
            {
                if (done.Add(name))
                {
                    Entry(sources, i, target, path, name);
                }
            }
        }

        FileFacts facts = TreeFiles.Facts(sources[0], path);
        CopyAttributes(sources[0], target, path);
        SetOwner(target, "", facts, path);
        Check(TreeFiles.TrySetMode(target, facts.Permissions), "fchmod", path);
        Check(TreeFiles.TrySetTime(target, "", facts.Modified), "utimensat", path);
    }

    private void Entry(List<SafeFd> sources, int top, SafeFd target, string path, string name)
    {
        string full = path + name;
        FileFacts facts = TreeFiles.TryFacts(sources[top], name, out Errno errno) ?? throw new LinuxException("statx", RawName.Quote(full), errno);
        if (facts.IsWhiteout)
        {
            return;
        }

        if (facts.IsDirectory)
        {
            Check(TreeFiles.TryMakeDirectory(target, name, 0x1C0), "mkdirat", full);
            using SafeFd directory = TreeFiles.Open(target, name, OpenFlags.ReadOnly | OpenFlags.Directory);
            List<SafeFd> shown = Shown(sources, top, name);
            try
            {
                Directory(shown, directory, full + "/");
            }
            finally
            {
                shown.ForEach(static fd => fd.Dispose());
            }
        }
        else if (facts.Links < 2 || !TryLink(facts, target, name, full))
        {
            Copy(sources[top], facts, target, name, full);
        }
    }

    /// <summary>The directories of a name that an overlay would merge: down to the first that is opaque, or lies on something else.</summary>
    private List<SafeFd> Shown(List<SafeFd> sources, int top, string name)
    {
        var shown = new List<SafeFd>();
        for (int i = top; i < sources.Count; i++)
        {
            SafeFd? directory = TreeFiles.TryOpen(sources[i], name, OpenFlags.ReadOnly | OpenFlags.Directory, out Errno errno);
            if (directory is not null)
            {
                shown.Add(directory);
                if (TreeFiles.GetAttribute(directory, OverlayNames.OpaqueAttribute(_form)) is [(byte)'y', ..])
                {
                    break;
                }
            }
            else if (errno != Errno.ENOENT)
            {
                break;
            }
        }

        return shown;
    }

    private bool TryLink(FileFacts facts, SafeFd target, string name, string full)
    {
        if (_linked.TryGetValue((facts.Device, facts.Inode), out string? first))
        {
            Check(TreeFiles.TryLink(_target, first, target, name), "linkat", full);
            return true;
        }

        _linked.Add((facts.Device, facts.Inode), full);
        return false;
    }

    private void Copy(SafeFd source, FileFacts facts, SafeFd target, string name, string full)
    {
        switch (facts.Type)
        {
            case FileType.Regular:
                using (SafeFd from = TreeFiles.Open(source, name, OpenFlags.ReadOnly))
                using (SafeFd to = TreeFiles.Open(target, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, 0x180))
                {
                    TreeFiles.CopyContent(from, to, (long)facts.Size, full);
                    SetOwner(to, "", facts, full);
                    CopyAttributes(from, to, full); // after the owner, whose change takes security.capability away
                    Check(TreeFiles.TrySetMode(to, facts.Permissions), "fchmod", full);
                    Check(TreeFiles.TrySetTime(to, "", facts.Modified), "utimensat", full);
                }

                return;
            case FileType.Link:
                Check(TreeFiles.TryMakeSymbolicLink(target, name, TreeFiles.ReadLink(source, name) ?? ""), "symlinkat", full);
                SetOwner(target, name, facts, full);
                break;
            default:
                Check(TreeFiles.TryMakeNode(target, name, facts.Mode, facts.SpecialMajor, facts.SpecialMinor), "mknodat", full);
                SetOwner(target, name, facts, full);
                Check(TreeFiles.TrySetNodeMode(target, name, facts.Permissions), "fchmodat", full);
                break;
        }

        using (SafeFd from = TreeFiles.Open(source, name, OpenFlags.Path))
        using (SafeFd to = TreeFiles.Open(target, name, OpenFlags.Path))
        {
            CopyAttributes(from, to, full);
        }

        Check(TreeFiles.TrySetTime(target, name, facts.Modified), "utimensat", full);
    }

    /// <summary>An ordinary user owns what he copies, as he owns the layers.</summary>
    private void SetOwner(SafeFd directory, string name, FileFacts facts, string path)
    {
        if (_isRoot)
        {
            Check(TreeFiles.TrySetOwner(directory, name, facts.Uid, facts.Gid), "fchownat", path);
        }
    }

    private static void CopyAttributes(SafeFd from, SafeFd to, string path)
    {
        foreach (var (name, value) in TreeFiles.GetAttributes(from))
        {
            if (!OverlayNames.IsOverlayAttribute(name) && !OverlayNames.IsHostAttribute(name))
            {
                Check(TreeFiles.TrySetAttribute(to, name, value), $"fsetxattr {RawName.ToText(name)}", path);
            }
        }
    }

    private static void Check(Errno errno, string call, string path)
    {
        if (errno != Errno.None)
        {
            throw new LinuxException(call, RawName.Quote(path), errno);
        }
    }
}
