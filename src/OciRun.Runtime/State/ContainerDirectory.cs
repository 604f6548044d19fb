using System.Text.Json;
using OciRun.Linux;

namespace OciRun.Runtime.State;

/// <summary>
/// The state directory of one container: state.json, config.json (the copy that hooks and later verbs use, S12), the start socket. The lock is on the
/// directory itself, so it goes away with whoever held it.
/// </summary>
internal sealed class ContainerDirectory(SafeFd fd, string root, string id) : IDisposable
{
    internal const string StartSocket = "start.sock", NotifyDirectory = "notify";
    private const string StateName = "state.json", TemporaryName = ".state.json.new", ConfigName = "config.json";

    internal SafeFd Fd { get; } = fd;

    internal string Id { get; } = id;

    internal string Path => root + "/" + Id;

    /// <summary>Waits for the lock. Someone may have deleted the container meanwhile: <see cref="IsInPlace"/>.</summary>
    internal void Lock()
    {
        Errno errno = Files.TryLock(Fd);
        if (errno != Errno.None)
        {
            throw new LinuxException("flock", Quoting.Quote(Path), errno);
        }
    }

    /// <summary>
    /// The name still leads here. Who has waited for the lock may hold the directory of a container that was deleted meanwhile, and the name may be another one's by now.
    /// </summary>
    internal bool IsInPlace
    {
        get
        {
            using SafeFd? rootFd = Files.TryOpen(SafeFd.CurrentDirectory, root, OpenFlags.ReadOnly | OpenFlags.Directory, out Errno errno);
            if (errno is not (Errno.None or Errno.ENOENT))
            {
                throw new LinuxException("open", Quoting.Quote(root), errno); // that we cannot look says nothing of what is there
            }

            FileFacts own = Files.Status(Fd, Path);
            return rootFd is not null && Files.TryStatus(rootFd, Id, followLink: false, out _) is { } named
                && named.IsSameFile(own);
        }
    }

    /// <summary>state.json; null when there is none: a create that died at once, or a container that is just being deleted.</summary>
    /// <exception cref="ContainerException">It is damaged.</exception>
    internal StateFile? TryReadState()
    {
        using SafeFd? file = Files.TryOpen(Fd, StateName, OpenFlags.ReadOnly | OpenFlags.NoFollow, out Errno errno);
        if (file is null)
        {
            return errno == Errno.ENOENT ? null : throw new LinuxException("openat", Quoting.Quote(Path + "/" + StateName), errno);
        }

        try
        {
            return StateFile.Parse(Files.ReadAll(file, Path + "/" + StateName));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new ContainerException(
                ErrorCode.State, $"{Path}/{StateName} is damaged: {Quoting.Escape(e.Message)}; \"ocirun delete --force {Id}\" removes what is left", e);
        }
    }

    /// <summary>The same for delete --force: damaged is as good as none, so that what is left can be removed.</summary>
    internal StateFile? TryReadStateLenient()
    {
        try
        {
            return TryReadState();
        }
        catch (ContainerException)
        {
            return null;
        }
    }

    /// <summary>The same directory through another open file, whose lock is another one; null when it is gone.</summary>
    internal ContainerDirectory? Reopen()
    {
        SafeFd? fd = Files.TryOpen(Fd, ".", OpenFlags.ReadOnly | OpenFlags.Directory, out _);
        return fd is null ? null : new ContainerDirectory(fd, root, Id);
    }

    /// <summary>state.json of a container that exists.</summary>
    internal StateFile ReadState() =>
        TryReadState() ?? throw new ContainerException(ErrorCode.ContainerMissing, $"container does not exist: {Quoting.Quote(Id)} in {root}");

    /// <summary>Replaces state.json in one step.</summary>
    internal void WriteState(StateFile state)
    {
        PrepareState(state);
        PublishState();
    }

    /// <summary>The first half of <see cref="WriteState"/>, for while there is nothing else to do: nobody sees it yet.</summary>
    internal void PrepareState(StateFile state) => WriteFile(TemporaryName, state.Serialize(), exclusive: false);

    /// <summary>The second half.</summary>
    internal void PublishState() => Files.Rename(Fd, TemporaryName, StateName);

    /// <summary>Keeps config.json as it was read.</summary>
    internal void WriteConfig(byte[] config) => WriteFile(ConfigName, config, exclusive: true);

    /// <summary>The same with other limits (update).</summary>
    internal void ReplaceConfig(byte[] config) => Replace(ConfigName, "." + ConfigName + ".new", config);

    /// <summary>The copy of config.json.</summary>
    internal byte[] ReadConfig()
    {
        using SafeFd file = Files.Open(Fd, ConfigName, OpenFlags.ReadOnly | OpenFlags.NoFollow);
        return Files.ReadAll(file, Path + "/" + ConfigName);
    }

    /// <summary>The same; null when it is gone, as a delete that was killed may have left it.</summary>
    internal byte[]? TryReadConfig()
    {
        using SafeFd? file = Files.TryOpen(Fd, ConfigName, OpenFlags.ReadOnly | OpenFlags.NoFollow, out Errno errno);
        return file is not null ? Files.ReadAll(file, Path + "/" + ConfigName)
            : errno == Errno.ENOENT ? null
            : throw new LinuxException("openat", Quoting.Quote(Path + "/" + ConfigName), errno);
    }

    /// <summary>Removes the directory, which must be locked, with what we put there, and what is in its sub-directories; nothing behind a link or a mount.</summary>
    internal void Remove()
    {
        if (!IsInPlace)
        {
            return; // another one has removed it; what has its name now is not ours
        }

        RemoveContents(Fd, Path, depth: 0);
        using SafeFd rootFd = Files.Open(root, OpenFlags.ReadOnly | OpenFlags.Directory);
        Errno errno = Files.TryRemove(rootFd, Id, isDirectory: true);
        if (errno is not (Errno.None or Errno.ENOENT))
        {
            throw new LinuxException("rmdir", Quoting.Quote(Path), errno);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Fd.Dispose();

    private static void RemoveContents(SafeFd directory, string path, int depth)
    {
        foreach (string name in Files.Names(directory, path))
        {
            Errno errno = Files.TryRemove(directory, name);
            if (errno == Errno.EISDIR && depth < 2)
            {
                using (SafeFd child = Files.Open(directory, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow))
                {
                    RemoveContents(child, path + "/" + name, depth + 1);
                }

                errno = Files.TryRemove(directory, name, isDirectory: true);
            }

            if (errno is not (Errno.None or Errno.ENOENT))
            {
                throw new LinuxException("unlinkat", Quoting.Quote(path + "/" + name), errno);
            }
        }
    }

    private void Replace(string name, string temporary, ReadOnlySpan<byte> contents)
    {
        WriteFile(temporary, contents, exclusive: false);
        Files.Rename(Fd, temporary, name);
    }

    private void WriteFile(string name, ReadOnlySpan<byte> contents, bool exclusive)
    {
        OpenFlags flags = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.NoFollow | (exclusive ? OpenFlags.Exclusive : OpenFlags.Truncate);
        using SafeFd file = Files.Open(Fd, name, flags, mode: 0x180);
        Files.Write(file, contents, Path + "/" + name);
    }
}
