using OciRun.Images.Layers;
using OciRun.Linux;

namespace OciRun.Images.Changes;

/// <summary>Is a file another than that of the layers? All that a layer keeps counts (row I46): a copy that an overlay made, and nobody changed, is none.</summary>
internal sealed class FileComparison(ChangedTree tree)
{
    private readonly Comparison _files = new();

    /// <summary>A directory in itself. Its time changes with every name that comes or goes, and so says nothing of it.</summary>
    internal bool DirectoryDiffers(SafeFd directory, FileFacts facts, SafeFd lower, FileFacts below) =>
        facts.Permissions != below.Permissions || tree.View.Owner(facts) != tree.View.LowerOwner(below) || AttributesDiffer(directory, lower);

    /// <summary>Anything but a directory.</summary>
    internal bool Differs(SafeFd parent, string name, string path, FileFacts facts, LowerEntry lower)
    {
        FileFacts below = lower.Facts;
        if (facts.Mode != below.Mode || facts.Modified != below.Modified || tree.View.Owner(facts) != tree.View.LowerOwner(below)
            || (facts.Type is FileType.Regular or FileType.Link && facts.Size != below.Size)
            || (facts.Type is FileType.Character or FileType.Block && (facts.SpecialMajor, facts.SpecialMinor) != (below.SpecialMajor, below.SpecialMinor)))
        {
            return true;
        }

        if (tree.IsMerged && facts.Changed == below.Changed)
        {
            return false; // not copied up: nobody can set this time
        }

        OpenFlags flags = facts.Type == FileType.Regular ? OpenFlags.ReadOnly | OpenFlags.NonBlock : OpenFlags.Path;
        using SafeFd? left = TreeFiles.TryOpen(parent, name, flags, out Errno errno);
        if (left is null)
        {
            return errno == Errno.ENOENT ? false : throw new LinuxException("openat2", RawName.Quote(path), errno);
        }

        using SafeFd right = tree.Lower.Open(lower, path, flags);
        return AttributesDiffer(left, right) || facts.Type switch
        {
            FileType.Regular => !_files.SameContent(left, right, path),
            FileType.Link => TreeFiles.ReadLink(left, "") != TreeFiles.ReadLink(right, ""),
            _ => false,
        };
    }

    private bool AttributesDiffer(SafeFd left, SafeFd right) => !Comparison.SameAttributes(LayerAttributes.Of(left, tree), LayerAttributes.OfLower(right, tree));
}
