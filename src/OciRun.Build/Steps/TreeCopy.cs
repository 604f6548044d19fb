using OciRun.Linux;

namespace OciRun.Build.Steps;

/// <summary>
/// Copies into a root filesystem. On the way to a name links are followed within it: an image whose /lib is a link to usr/lib keeps it. A name itself is replaced, never
/// written through.
/// </summary>
/// <param name="source">Where from.</param>
/// <param name="root">Root of the filesystem.</param>
/// <param name="owner">Whom everything is to belong to; null: as in the source.</param>
/// <param name="mode">Permissions of everything; null: as in the source.</param>
/// <param name="warn">Gets what was left out, a sentence each.</param>
internal sealed class TreeCopy(CopySource source, SafeFd root, (uint Uid, uint Gid)? owner, uint? mode, Action<string> warn)
{
    private readonly Dictionary<(ulong, ulong), string> _linked = [];

    /// <summary>Opens a file to read, if it is still one.</summary>
    /// <exception cref="LinuxException">As openat2(2).</exception>
    internal static SafeFd OpenSource(CopySource source, SourceFile file)
    {
        SafeFd opened = TreeFiles.Open(source.Root, file.Path, OpenFlags.ReadOnly | OpenFlags.NonBlock | OpenFlags.NoCtty);
        if (TreeFiles.Facts(opened, file.Path).Type == FileType.Regular)
        {
            return opened;
        }

        opened.Dispose();
        throw new LinuxException("openat2", RawName.Quote(file.Path), Errno.EINVAL);
    }

    /// <summary>The attributes that go along: of the context's files only capabilities, as what else they have is this machine's.</summary>
    internal static List<KeyValuePair<string, byte[]>> Attributes(CopySource source, SafeFd file) => TreeFiles.GetAttributes(file).FindAll(
        attribute => source.IsContext ? attribute.Key == "security.capability" : attribute.Key is not ("security.selinux" or "system.nfs4_acl"));

    /// <summary>Copies a file, or what is in a directory.</summary>
    /// <param name="item">What.</param>
    /// <param name="destination">Where: raw, of <see cref="RootedPath.Resolve"/>.</param>
    /// <exception cref="FormatException">A directory and something else are in each other's way.</exception>
    internal void Run(SourceItem item, string destination)
    {
        _linked.Clear(); // a later item may replace what an earlier one has made
        var directories = new Dictionary<string, string>();
        var made = new List<(SourceFile From, string To)>();
        foreach (SourceFile file in item.Files)
        {
            string target = file.Name.Length == 0 ? destination : RootedPath.Join(directories.GetValueOrDefault(RootedPath.Parent(file.Name), destination), RootedPath.Last(file.Name));
            if (!file.Facts.IsDirectory)
            {
                Copy(file, target);
                continue;
            }

            string real = RootedPath.Resolve(root, target);
            bool isNew = RootedPath.MakeDirectories(root, real, owner ?? (0, 0));
            directories[file.Name] = real;
            if (isNew || (file.Name.Length > 0 && real == target))
            {
                made.Add((file, real));
            }
        }

        made.Reverse(); // what is made in a directory changes its time
        made.ForEach(one => SetDirectory(one.From, one.To));
    }

    private void SetDirectory(SourceFile file, string target)
    {
        using SafeFd from = TreeFiles.Open(source.Root, file.Path, OpenFlags.ReadOnly | OpenFlags.Directory);
        using SafeFd to = TreeFiles.Open(root, target, OpenFlags.ReadOnly | OpenFlags.Directory);
        SetFile(from, to, file.Facts, target);
    }

    private void Copy(SourceFile file, string target)
    {
        if (file.Facts.Type == FileType.Socket)
        {
            warn($"{RawName.Quote(file.Path)} is a socket, which no image can have");
            return;
        }

        using SafeFd parent = TreeFiles.Open(root, RootedPath.Parent(target), OpenFlags.ReadOnly | OpenFlags.Directory);
        string name = RootedPath.Last(target);
        if (TreeFiles.TryFacts(parent, name, out _) is { } there)
        {
            if (there.IsDirectory)
            {
                throw new FormatException($"{RawName.Quote("/" + target)} is a directory already, and {RawName.Quote(file.Path)} is none");
            }

            RootedPath.Check(TreeFiles.TryRemove(parent, name), "unlinkat", target);
            Forget(target);
        }

        if (file.Facts.Links > 1 && !_linked.TryAdd((file.Facts.Device, file.Facts.Inode), target))
        {
            RootedPath.Check(TreeFiles.TryLink(root, _linked[(file.Facts.Device, file.Facts.Inode)], parent, name), "linkat", target);
            return;
        }

        if (file.Facts.Type == FileType.Regular)
        {
            using SafeFd from = OpenSource(source, file);
            using SafeFd to = TreeFiles.Open(parent, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, 0x180);
            TreeFiles.CopyContent(from, to, (long)TreeFiles.Facts(from, file.Path).Size, target);
            SetFile(from, to, file.Facts, target);
        }
        else
        {
            CopyNode(file, parent, name, target);
        }
    }

    /// <summary>A name that has been replaced (two directories of the source may be one here) is none to link to.</summary>
    private void Forget(string target)
    {
        foreach (var (key, _) in _linked.Where(link => link.Value == target).ToList())
        {
            _linked.Remove(key);
        }
    }

    private void CopyNode(SourceFile file, SafeFd parent, string name, string target)
    {
        FileFacts facts = file.Facts;
        using SafeFd from = TreeFiles.Open(source.Root, file.Path, OpenFlags.Path);
        bool isLink = facts.Type == FileType.Link;
        if (facts.IsWhiteout)
        {
            throw new FormatException($"{RawName.Quote(target)} is a character device 0:0, which is a deletion mark in a layer, not a file");
        }

        RootedPath.Check(
            isLink ? TreeFiles.TryMakeSymbolicLink(parent, name, TreeFiles.ReadLink(from, "") ?? "") : TreeFiles.TryMakeNode(parent, name, facts.Mode, facts.SpecialMajor, facts.SpecialMinor),
            isLink ? "symlinkat" : "mknodat", target);
        var (uid, gid) = owner ?? (facts.Uid, facts.Gid);
        RootedPath.Check(TreeFiles.TrySetOwner(parent, name, uid, gid), "fchownat", target);
        if (!isLink)
        {
            RootedPath.Check(TreeFiles.TrySetNodeMode(parent, name, mode ?? facts.Permissions), "fchmodat", target);
        }

        RootedPath.Check(TreeFiles.TrySetTime(parent, name, facts.Modified), "utimensat", target);
    }

    /// <summary>In this order: a change of owner takes capabilities and set-id bits away, and everything changes the times.</summary>
    private void SetFile(SafeFd from, SafeFd to, FileFacts facts, string target)
    {
        var (uid, gid) = owner ?? (facts.Uid, facts.Gid);
        RootedPath.Check(TreeFiles.TrySetOwner(to, "", uid, gid), "fchownat", target);
        foreach (var (name, value) in Attributes(source, from))
        {
            RootedPath.Check(TreeFiles.TrySetAttribute(to, name, value), $"fsetxattr {RawName.ToText(name)}", target);
        }

        RootedPath.Check(TreeFiles.TrySetMode(to, mode ?? facts.Permissions), "fchmod", target);
        RootedPath.Check(TreeFiles.TrySetTime(to, "", facts.Modified), "utimensat", target);
    }
}
