using OciRun.Linux;

namespace OciRun.Build.Steps;

/// <summary>
/// Paths below a root that strangers have filled. Symbolic links are followed as a process with this root would follow them, one component at a time; whatever is opened in
/// the end is opened by <see cref="TreeFiles"/>, which follows none, so a tree that changes meanwhile leads nowhere else (CVE-2024-1753, row X82).
/// </summary>
internal static class RootedPath
{
    private const int MaxLinks = 40, MaxPath = 4096; // as the kernel

    /// <summary>Where a path really is: relative to the root, without links. What is missing is taken as it is written.</summary>
    /// <param name="root">The root.</param>
    /// <param name="path">Raw, absolute or relative to the root.</param>
    /// <param name="followLast">The last component may be a link to follow.</param>
    /// <exception cref="FormatException">Too many links on the way.</exception>
    internal static string Resolve(SafeFd root, string path, bool followLast = true)
    {
        var rest = new Stack<string>();
        Push(rest, path);
        string current = "";
        int links = 0;
        while (rest.TryPop(out string? part))
        {
            if (part is "." or "..")
            {
                current = part == "." ? current : Parent(current); // above the root is the root
                continue;
            }

            string next = Join(current, part);
            string? target = rest.Count == 0 && !followLast ? null : ReadLink(root, next);
            if (target is null)
            {
                current = next;
            }
            else
            {
                current = target.StartsWith('/') ? "" : current;
                Push(rest, target);
                links++;
            }

            if (links > MaxLinks || current.Length >= MaxPath)
            {
                throw new FormatException($"{RawName.Quote(path)}: too many levels of symbolic links");
            }
        }

        return current;
    }

    /// <summary>Makes a directory, and all above it that are missing, 0755.</summary>
    /// <param name="root">The root.</param>
    /// <param name="path">Of <see cref="Resolve"/>.</param>
    /// <param name="owner">Whom those that are made belong to.</param>
    /// <returns>The directory itself was made.</returns>
    /// <exception cref="FormatException">Something on the way is no directory.</exception>
    internal static bool MakeDirectories(SafeFd root, string path, (uint Uid, uint Gid) owner)
    {
        bool made = false;
        for (int slash = 0; path.Length > 0 && slash >= 0;)
        {
            slash = path.IndexOf('/', slash + 1);
            string part = slash < 0 ? path : path[..slash];
            if (TreeFiles.TryFacts(root, part, out _) is { } facts)
            {
                made = facts.IsDirectory ? false : throw new FormatException($"{RawName.Quote("/" + part)} is no directory");
                continue;
            }

            using SafeFd parent = TreeFiles.Open(root, Parent(part), OpenFlags.Path | OpenFlags.Directory);
            string name = Last(part);
            Check(TreeFiles.TryMakeDirectory(parent, name, 0x1ED), "mkdirat", part);
            using SafeFd directory = TreeFiles.Open(parent, name, OpenFlags.ReadOnly | OpenFlags.Directory);
            Check(TreeFiles.TrySetOwner(directory, "", owner.Uid, owner.Gid), "fchownat", part);
            Check(TreeFiles.TrySetMode(directory, 0x1ED), "fchmod", part);
            made = true;
        }

        return made;
    }

    internal static string Parent(string path) => path.LastIndexOf('/') is var slash && slash < 0 ? "" : path[..slash];

    internal static string Last(string path) => path[(path.LastIndexOf('/') + 1)..];

    internal static string Join(string directory, string name) => directory.Length == 0 ? name : name.Length == 0 ? directory : directory + "/" + name;

    internal static void Check(Errno errno, string call, string path)
    {
        if (errno != Errno.None)
        {
            throw new LinuxException(call, RawName.Quote("/" + path), errno);
        }
    }

    private static string? ReadLink(SafeFd root, string path)
    {
        using SafeFd? file = TreeFiles.TryOpen(root, path, OpenFlags.Path, out _);
        return file is not null && TreeFiles.Facts(file, path).Type == FileType.Link ? TreeFiles.ReadLink(file, "") : null;
    }

    private static void Push(Stack<string> rest, string path)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (int i = parts.Length - 1; i >= 0; i--)
        {
            rest.Push(parts[i]);
        }
    }
}
