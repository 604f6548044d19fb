using OciRun.Linux;
using OciRun.Spec;

namespace OciRun.Runtime.State;

/// <summary>
/// The directory that <c>--root</c> names: one directory a container and nothing else. Everything in it is reached by descriptors from here on.
/// </summary>
internal static class StateStore
{
    /// <summary>Makes the directory of a new container, locked, mode 0711: its start socket is 0600, the rest is for the owner to read.</summary>
    /// <exception cref="ContainerException">The id is invalid or taken, or the root is not a safe place (X61).</exception>
    internal static ContainerDirectory Create(string root, string id)
    {
        CheckId(id);
        using SafeFd rootFd = OpenRoot(root, create: true)!;
        while (true)
        {
            Errno errno = Files.TryMakeDirectory(rootFd, id, 0x1C9);
            if (errno == Errno.EEXIST)
            {
                throw new ContainerException(ErrorCode.ContainerExists, $"container with given ID already exists: {Quoting.Quote(id)} in {root}");
            }

            if (errno != Errno.None)
            {
                throw Failed("mkdirat", root + "/" + id, errno);
            }

            try
            {
                if (TryTake(rootFd, root, id) is { } directory)
                {
                    return directory;
                }
            }
            catch
            {
                _ = Files.TryRemove(rootFd, id, isDirectory: true); // it is empty
                throw;
            }
        }
    }

    /// <summary>Until it is locked a delete may take the empty directory for that of a create that was killed: null then.</summary>
    private static ContainerDirectory? TryTake(SafeFd rootFd, string root, string id)
    {
        ContainerDirectory? directory = Open(rootFd, root, id, out Errno errno);
        if (directory is null)
        {
            return errno == Errno.ENOENT ? null : throw Failed("openat", root + "/" + id, errno);
        }

        try
        {
            directory.Lock();
            if (directory.IsInPlace)
            {
                return directory;
            }
        }
        catch
        {
            directory.Dispose();
            throw;
        }

        directory.Dispose();
        return null;
    }

    /// <summary>The directory of a container, locked where <paramref name="exclusive"/>.</summary>
    /// <exception cref="ContainerException">There is none ("container does not exist").</exception>
    internal static ContainerDirectory Open(string root, string id, bool exclusive) =>
        TryOpen(root, id, exclusive)
        ?? throw new ContainerException(ErrorCode.ContainerMissing, $"container does not exist: {Quoting.Quote(id)} in {root}");

    /// <summary>The same, or null where there is none.</summary>
    internal static ContainerDirectory? TryOpen(string root, string id, bool exclusive)
    {
        CheckId(id);
        using SafeFd? rootFd = OpenRoot(root, create: false);
        if (rootFd is null)
        {
            return null;
        }

        ContainerDirectory? directory = Open(rootFd, root, id, out Errno errno);
        if (directory is null)
        {
            return errno == Errno.ENOENT ? null : throw Failed("openat", root + "/" + id, errno);
        }

        if (exclusive)
        {
            directory.Lock();
        }

        return directory;
    }

    /// <summary>The names in the root directory; empty when it does not exist.</summary>
    internal static List<string> Names(string root)
    {
        using SafeFd? rootFd = OpenRoot(root, create: false);
        return rootFd is null ? [] : Files.Names(rootFd, root);
    }

    private static void CheckId(string id)
    {
        if (ContainerId.Validate(id) is { } reason)
        {
            throw new ContainerException(ErrorCode.InvalidId, $"invalid container ID format: {Quoting.Quote(id)}: {reason}");
        }
    }

    private static ContainerDirectory? Open(SafeFd rootFd, string root, string id, out Errno errno)
    {
        SafeFd? fd = Files.TryOpen(rootFd, id, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, out errno);
        return fd is null ? null : new ContainerDirectory(fd, root, id);
    }

    /// <summary>Opens the root and makes sure that nobody but us can put something there for us to trust.</summary>
    private static SafeFd? OpenRoot(string root, bool create)
    {
        SafeFd? fd = Files.TryOpen(SafeFd.CurrentDirectory, root, OpenFlags.ReadOnly | OpenFlags.Directory, out Errno errno);
        if (fd is null && errno == Errno.ENOENT && create)
        {
            if (Files.TryMakeDirectories(root, 0x1C0, out string part) is var failure && failure != Errno.None)
            {
                throw Failed("mkdir", part, failure);
            }

            fd = Files.TryOpen(SafeFd.CurrentDirectory, root, OpenFlags.ReadOnly | OpenFlags.Directory, out errno);
        }

        if (fd is null)
        {
            return errno == Errno.ENOENT ? null : throw Failed("open", root, errno);
        }

        FileFacts status = Files.Status(fd, root);
        if (status.Uid != Processes.EffectiveUid || (status.Mode & 0x12) != 0)
        {
            fd.Dispose();
            throw new ContainerException(
                ErrorCode.State,
                $"will not use {root} as the root directory: owner {status.Uid}, mode {Convert.ToString(status.Permissions, 8)}; " +
                $"it must belong to user {Processes.EffectiveUid} and be writable by nobody else");
        }

        return fd;
    }

    private static ContainerException Failed(string call, string path, Errno errno)
    {
        var cause = new LinuxException(call, Quoting.Quote(path), errno);
        return new ContainerException(ErrorCode.State, "state directory: " + cause.Message, cause) { Call = call, Errno = errno };
    }
}
