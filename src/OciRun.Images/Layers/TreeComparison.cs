using OciRun.Linux;

namespace OciRun.Images.Layers;

/// <summary>
/// Compares two trees in all that a layer keeps: names, types, modes, owners, times, devices, links, attributes, content.
/// </summary>
/// <param name="report">Gets a path and what is wrong with it.</param>
internal sealed class TreeComparison(Action<string, string> report)
{
    private readonly Dictionary<ulong, ulong> _linked = [];
    private readonly Comparison _files = new();

    /// <summary>Compares the directories and all below them.</summary>
    internal void Run(SafeFd expected, SafeFd actual, string path = "")
    {
        Compare(expected, actual, TreeFiles.Facts(expected, path), TreeFiles.Facts(actual, path), path);
        var present = new HashSet<string>(TreeFiles.Entries(actual).ConvertAll(static entry => entry.Name));
        foreach (var (name, _) in TreeFiles.Entries(expected))
        {
            string child = path.Length == 0 ? name : path + "/" + name;
            if (present.Remove(name))
            {
                CompareName(expected, actual, name, child);
            }
            else
            {
                report(child, "is missing");
            }
        }

        foreach (string name in present)
        {
            report(path.Length == 0 ? name : path + "/" + name, "is not of the layer");
        }
    }

    private void CompareName(SafeFd expected, SafeFd actual, string name, string path)
    {
        var (wanted, found) = (TreeFiles.TryFacts(expected, name, out _)!.Value, TreeFiles.TryFacts(actual, name, out _)!.Value);
        if (wanted.Type != found.Type)
        {
            report(path, "is of another type");
            return;
        }

        var flags = wanted.Type switch
        {
            FileType.Directory => OpenFlags.ReadOnly | OpenFlags.Directory,
            FileType.Regular => OpenFlags.ReadOnly,
            _ => OpenFlags.Path,
        };
        using SafeFd left = TreeFiles.Open(expected, name, flags), right = TreeFiles.Open(actual, name, flags);
        if (wanted.IsDirectory)
        {
            Run(left, right, path);
            return;
        }

        Compare(left, right, wanted, found, path);
        if (wanted.Type == FileType.Link && TreeFiles.ReadLink(left, "") != TreeFiles.ReadLink(right, ""))
        {
            report(path, "leads elsewhere");
        }
        else if (wanted.Type == FileType.Regular && wanted.Size == found.Size && !_files.SameContent(left, right, path))
        {
            report(path, "has another content");
        }
    }

    private void Compare(SafeFd left, SafeFd right, FileFacts wanted, FileFacts found, string path)
    {
        string? difference = wanted.Mode != found.Mode ? $"has the mode {Convert.ToString(found.Permissions, 8)}, not {Convert.ToString(wanted.Permissions, 8)}"
            : (wanted.Uid, wanted.Gid) != (found.Uid, found.Gid) ? $"belongs to {found.Uid}:{found.Gid}, not {wanted.Uid}:{wanted.Gid}"
            : wanted.Modified != found.Modified ? "has another time"
            : (wanted.SpecialMajor, wanted.SpecialMinor) != (found.SpecialMajor, found.SpecialMinor) ? "is another device"
            : !wanted.IsDirectory && wanted.Size != found.Size ? $"has {found.Size} bytes, not {wanted.Size}"
            : !wanted.IsDirectory && !SameLinks(wanted, found) ? "is linked with other names"
            : !Comparison.SameAttributes(TreeFiles.GetAttributes(left), TreeFiles.GetAttributes(right)) ? "has other attributes"
            : null;
        if (difference is not null)
        {
            report(path, difference);
        }
    }

    /// <summary>Names that are one file there are one file here.</summary>
    private bool SameLinks(FileFacts wanted, FileFacts found)
    {
        if (wanted.Links != found.Links)
        {
            return false;
        }

        return wanted.Links == 1 || (_linked.TryGetValue(wanted.Inode, out ulong known) ? known == found.Inode : _linked.TryAdd(wanted.Inode, found.Inode));
    }
}
