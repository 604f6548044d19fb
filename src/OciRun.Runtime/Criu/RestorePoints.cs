using OciRun.Linux;

namespace OciRun.Runtime.Criu;

/// <summary>
/// The places at which CRIU will mount, before it does: it takes the paths of the checkpoint as they are, and follows links that somebody has put into the root filesystem since, out of it
/// (CRIU CVE-2026-119614, runc CVE-2026-119101). Links on the way at the time of the checkpoint are resolved in those paths, so that there is none to be met now. What is missing is made, as create does.
/// </summary>
internal static class RestorePoints
{
    /// <param name="rootfs">The root filesystem.</param>
    /// <param name="mounts">Of the checkpoint.</param>
    /// <param name="sourceOf">The host's path of what a key stands for.</param>
    /// <exception cref="ContainerException">A link is in the way, or a file where a directory must be.</exception>
    internal static void Prepare(SafeFd rootfs, List<ImageMount> mounts, Func<string, string> sourceOf)
    {
        foreach (ImageMount mount in mounts)
        {
            if (mount.Path == "/")
            {
                continue;
            }

            ImageMount? parent = mounts.Find(other => other.Id == mount.Parent);
            while (parent is { Key: null } && parent.Path != "/" && IsOfRoot(parent, mounts))
            {
                parent = mounts.Find(other => other.Id == parent.Parent);
            }

            bool isDirectory = mount.Key is null || IsDirectory(sourceOf(mount.Key));
            if (parent is null || parent.Path == "/")
            {
                Prepare(rootfs, mount.Path, mount.Path[1..], isDirectory);
            }
            else if (parent.Key is not null && mount.Path.StartsWith(parent.Path + "/", StringComparison.Ordinal) && IsDirectory(sourceOf(parent.Key)))
            {
                using SafeFd source = Files.Open(sourceOf(parent.Key), OpenFlags.Path | OpenFlags.Directory);
                Prepare(source, mount.Path, mount.Path[(parent.Path.Length + 1)..], isDirectory);
            }

            // else it is in a file system that CRIU fills itself, with what was there
        }
    }

    /// <summary>A part of the root filesystem, mounted onto itself: a read-only path.</summary>
    private static bool IsOfRoot(ImageMount mount, List<ImageMount> mounts) =>
        mounts.Find(static other => other.Path == "/") is { } root && root.Device == mount.Device && mount.Root == root.Root.TrimEnd('/') + mount.Path;

    private static bool IsDirectory(string path) =>
        Files.TryStatus(SafeFd.CurrentDirectory, path, followLink: true, out Errno errno) is { } facts
            ? facts.IsDirectory
            : throw new ContainerException(ErrorCode.Mount, $"the source {Quoting.Quote(path)} of a mount of the checkpoint: {ErrnoText.Describe(errno)}") { Errno = errno };

    private static void Prepare(SafeFd place, string shown, string path, bool isDirectory)
    {
        using SafeFd? there = TreeFiles.TryOpen(place, path, OpenFlags.Path, out Errno errno);
        if (there is null && errno == Errno.ENOENT)
        {
            Make(place, shown, path, isDirectory);
            return;
        }

        FileFacts facts = there is null ? default : Files.Status(there, shown);
        if (errno == Errno.ELOOP || facts.Type == FileType.Link)
        {
            throw new ContainerException(
                ErrorCode.Mount, $"will not mount on {RawName.Quote(shown)}: there is a symbolic link on the way, which was not there when the checkpoint was made");
        }

        if (there is null)
        {
            throw Failed(shown, errno);
        }

        if (facts.IsDirectory != isDirectory && isDirectory)
        {
            throw Failed(shown, Errno.ENOTDIR);
        }
    }

    private static void Make(SafeFd place, string shown, string path, bool isDirectory)
    {
        int slash = path.LastIndexOf('/');
        string parent = slash < 0 ? "" : path[..slash], name = path[(slash + 1)..];
        if (slash > 0)
        {
            Prepare(place, shown, parent, isDirectory: true);
        }

        using SafeFd directory = TreeFiles.TryOpen(place, parent, OpenFlags.ReadOnly | OpenFlags.Directory, out Errno errno) ?? throw Failed(shown, errno);
        if (isDirectory)
        {
            errno = TreeFiles.TryMakeDirectory(directory, name, 0x1ED);
        }
        else
        {
            using SafeFd? file = TreeFiles.TryOpen(directory, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, out errno, 0x1A4);
        }

        if (errno is not (Errno.None or Errno.EEXIST))
        {
            throw Failed(shown, errno);
        }
    }

    private static ContainerException Failed(string shown, Errno errno) =>
        new(ErrorCode.Mount, $"cannot make the mount point {RawName.Quote(shown)} in the root filesystem: {ErrnoText.Describe(errno)}") { Errno = errno };
}
