using System.Text;
using OciRun.Linux;
using OciRun.Runtime.Init;

namespace OciRun.Runtime.Lifecycle;

/// <summary>The directory in which an overlay keeps what a container changes: upper, and work beside it.</summary>
internal static class OverlayDirectory
{
    /// <summary>Of this program, for itself: removes a directory, see <see cref="Remove"/>.</summary>
    internal const string RemoveVerb = "remove-directory";

    internal const string Upper = "upper", Work = "work";
    /// <summary>File with the path of the state directory: while that is there, so is the container (the store's collection looks at it, too).</summary>
    private const string StateName = "state";
    private const uint Private = 0x1C0; // 0700

    /// <summary>Makes it, and its parents, where it is missing: 0700, since a setuid program of a layer must not be reached from outside (CVE-2019-14891).</summary>
    /// <exception cref="LinuxException">As mkdir(2).</exception>
    internal static void Make(string path, string lower, IdMaps? maps)
    {
        MakeAll(path);
        using SafeFd directory = Files.Open(path, OpenFlags.ReadOnly | OpenFlags.Directory);
        MakeUpper(directory, path, lower, maps);
    }

    /// <summary>
    /// Makes the directory of a container of the store, or takes over one whose container is gone. A store may serve several state roots: where the state is is written
    /// in it.
    /// </summary>
    /// <exception cref="ContainerException">A container of another root has this id.</exception>
    internal static void Claim(string path, string root, string id)
    {
        MakeAll(path);
        string own = root + "/" + id;
        using SafeFd directory = Files.Open(path, OpenFlags.ReadOnly | OpenFlags.Directory);
        if (StateOf(directory) is { } state && state != own && Files.TryStatus(SafeFd.CurrentDirectory, state, followLink: false, out _) is not null)
        {
            throw new ContainerException(ErrorCode.ContainerExists, $"container with given ID already exists: {Quoting.Quote(state)}, with its files in {Quoting.Quote(path)}");
        }

        using SafeFd record = Files.Open(directory, StateName, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate | OpenFlags.NoFollow, 0x180);
        Files.Write(record, Encoding.UTF8.GetBytes(own), StateName);
    }

    /// <summary>
    /// Removes what <see cref="Claim"/> has made, with all that is in it. What a container of another root has is left to it: a create records what it will make, and may have died
    /// before its claim.
    /// </summary>
    /// <param name="path">The directory.</param>
    /// <param name="container">The state directory of who says that it is his.</param>
    /// <exception cref="LinuxException">As unlinkat(2).</exception>
    internal static void Release(string path, SafeFd container)
    {
        using SafeFd? directory = Files.TryOpen(SafeFd.CurrentDirectory, path, OpenFlags.ReadOnly | OpenFlags.Directory, out _);
        bool isAnothers = directory is not null && StateOf(directory) is { } state && Files.TryStatus(SafeFd.CurrentDirectory, state, followLink: true, out _) is { } owner
            && !owner.IsSameFile(Files.Status(container, "state directory"));
        if (!isAnothers)
        {
            Remove(path);
        }
    }

    private static string? StateOf(SafeFd directory)
    {
        using SafeFd? file = Files.TryOpen(directory, StateName, OpenFlags.ReadOnly | OpenFlags.NoFollow, out _);
        return file is null ? null : Encoding.UTF8.GetString(Files.ReadAll(file, StateName, 4096));
    }

    /// <summary>Upper and work in it. A new upper directory is the container's /: it gets the owner and mode of the layer that it lies on.</summary>
    /// <exception cref="LinuxException">As mkdirat(2), fchown(2).</exception>
    internal static void MakeUpper(SafeFd directory, string path, string lower, IdMaps? maps)
    {
        Errno errno = Files.TryMakeDirectory(directory, Upper, Private);
        if (errno == Errno.None)
        {
            FileFacts status = Files.TryStatus(SafeFd.CurrentDirectory, lower, followLink: true, out errno) ?? throw new LinuxException("statx", Quoting.Quote(lower), errno);
            using SafeFd upper = Files.Open(directory, Upper, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
            uint uid = maps is null ? status.Uid : IdMaps.ToHost(maps.Uids, status.Uid) ?? status.Uid;
            uint gid = maps is null ? status.Gid : IdMaps.ToHost(maps.Gids, status.Gid) ?? status.Gid;
            if (Processes.EffectiveUid == 0 && Files.TryChangeOwner(upper, uid, gid) is var refused && refused != Errno.None)
            {
                throw new LinuxException("fchown", Quoting.Quote(path + "/" + Upper), refused);
            }

            Files.ChangeMode(upper, status.Permissions, path + "/" + Upper);
        }
        else if (errno != Errno.EEXIST)
        {
            throw new LinuxException("mkdirat", Quoting.Quote(path + "/" + Upper), errno);
        }

        errno = Files.TryMakeDirectory(directory, Work, Private);
        if (errno is not (Errno.None or Errno.EEXIST))
        {
            throw new LinuxException("mkdirat", Quoting.Quote(path + "/" + Work), errno);
        }
    }

    /// <summary>Removes it with all that is in it; missing is fine.</summary>
    /// <exception cref="LinuxException">As unlinkat(2).</exception>
    internal static void Remove(string path)
    {
        int slash = path.LastIndexOf('/');
        using SafeFd? parent = Files.TryOpen(SafeFd.CurrentDirectory, slash == 0 ? "/" : path[..slash], OpenFlags.ReadOnly | OpenFlags.Directory, out Errno errno);
        if (parent is not null)
        {
            try
            {
                TreeFiles.RemoveAll(parent, path[(slash + 1)..]);
            }
            catch (LinuxException e) when (e.Errno is Errno.EACCES or Errno.EPERM && OwnNamespace.IsNeeded)
            {
                // Files of other users of the container: of subordinate ids, over which their owner has power only in a namespace of his own.
                if (OwnNamespace.Run([RemoveVerb, path]) != 0)
                {
                    throw;
                }
            }
        }
        else if (errno != Errno.ENOENT)
        {
            throw new LinuxException("open", Quoting.Quote(path), errno);
        }
    }

    private static void MakeAll(string path)
    {
        if (Files.TryMakeDirectories(path, Private, out string part) is var errno && errno != Errno.None)
        {
            throw new LinuxException("mkdir", Quoting.Quote(part), errno);
        }
    }
}
