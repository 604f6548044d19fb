using OciRun.Images.Tar;
using OciRun.Linux;

namespace OciRun.Images.Layers;

internal sealed partial class LayerApplier
{
    /// <summary>
    /// Owner, attributes, mode, times, in this order: a change of owner takes set-id bits and capabilities away, and everything changes the times (row I19).
    /// </summary>
    private void SetFile(TarEntry entry, SafeFd file)
    {
        if (entry.Uid != _uid || entry.Gid != _gid)
        {
            CheckOwner(TreeFiles.TrySetOwner(file, "", entry.Uid, entry.Gid), entry);
        }

        foreach (var (name, value) in entry.Attributes)
        {
            SetAttribute(file, name, value, entry);
        }

        Check(TreeFiles.TrySetMode(file, entry.Mode), "fchmod", entry);
        Check(TreeFiles.TrySetTime(file, "", entry.Modified), "utimensat", entry);
    }

    /// <summary>The same for what cannot be opened: links, devices, fifos.</summary>
    private void SetNode(TarEntry entry, SafeFd parent, string name)
    {
        if (entry.Uid != _uid || entry.Gid != _gid)
        {
            CheckOwner(TreeFiles.TrySetOwner(parent, name, entry.Uid, entry.Gid), entry);
        }

        if (entry.Attributes.Count > 0)
        {
            using SafeFd node = TreeFiles.Open(parent, name, OpenFlags.Path);
            foreach (var (attribute, value) in entry.Attributes)
            {
                SetAttribute(node, attribute, value, entry);
            }
        }

        if (entry.Type != TarType.SymbolicLink)
        {
            Check(TreeFiles.TrySetNodeMode(parent, name, entry.Mode), "fchmodat", entry);
        }

        Check(TreeFiles.TrySetTime(parent, name, entry.Modified), "utimensat", entry);
    }

    private void SetAttribute(SafeFd file, string name, byte[] value, TarEntry entry)
    {
        if (OverlayNames.IsOverlayAttribute(name))
        {
            Warn("an attribute of overlay file systems was dropped: an image may not redirect or hide"); // row X84
            return;
        }

        if (OverlayNames.IsHostAttribute(name))
        {
            return;
        }

        switch (TreeFiles.TrySetAttribute(file, name, value))
        {
            case Errno.None:
                break;
            case Errno.EOPNOTSUPP or Errno.EPERM:
                Warn($"the attribute {RawName.ToText(name)} could not be set: not supported here, or not allowed");
                break;
            case var errno:
                Check(errno, $"fsetxattr {RawName.Quote(name)}", entry);
                break;
        }
    }

    private void CheckOwner(Errno errno, TarEntry entry)
    {
        if (errno is Errno.EPERM or Errno.EINVAL)
        {
            throw new ImageException(
                ImageError.Store,
                $"{_what}: {RawName.Quote(entry.Name)}: cannot give it to {entry.Uid}:{entry.Gid}: this user has no such id: /etc/subuid and /etc/subgid give ordinary users some, with newuidmap (Debian package uidmap) ({errno})");
        }

        Check(errno, "fchownat", entry);
    }
}
