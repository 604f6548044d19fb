using System.Globalization;
using OciRun.Cgroups.Systemd;
using OciRun.Linux;
using OciRun.Spec;

namespace OciRun.Cgroups;

/// <summary>
/// The cgroup of one container: one directory on v2, one in each hierarchy on v1. Made by us with mkdir(2) (the file driver), or by systemd as a scope
/// around the container's first process. Not thread-safe.
/// </summary>
public abstract partial class Cgroup : IDisposable
{
    private readonly Dictionary<string, string> _paths;
    private readonly List<string> _created;
    private readonly Dictionary<string, SafeFd> _open = new(StringComparer.Ordinal);

    private protected Cgroup(Dictionary<string, string> paths, List<string> created, bool toleratesRefusal)
    {
        _paths = paths;
        _created = created;
        ToleratesRefusal = toleratesRefusal;
    }

    /// <summary>
    /// For state.json: absolute directory by controller; the empty name is the unified hierarchy. Empty when an unprivileged caller has no cgroup (everything
    /// here then does nothing, except that limits are an error).
    /// </summary>
    public IReadOnlyDictionary<string, string> Paths => _paths;

    /// <summary>For state.json: the directories that <see cref="Create"/> made, each after the one it is in. <see cref="Delete"/> removes these and no others.</summary>
    public IReadOnlyList<string> Created => _created;

    /// <summary>Which kind of hierarchies it is in.</summary>
    public abstract CgroupMode Mode { get; }

    /// <summary>The directory that names it in messages.</summary>
    public abstract string MainPath { get; }

    /// <summary>An unprivileged caller did not ask for a certain cgroup: where none may be made, none is used.</summary>
    private protected bool ToleratesRefusal { get; }

    private protected Dictionary<string, string> MutablePaths => _paths;

    /// <summary>Decides the directories; makes nothing.</summary>
    /// <param name="host">The machine.</param>
    /// <param name="cgroupsPath">linux.cgroupsPath: absolute is below the mount point, relative below the caller's cgroup (on v2 beside it), unset is the id, relative.</param>
    /// <param name="id">The container's id.</param>
    /// <param name="rootless">The caller has no privileges on the host.</param>
    /// <exception cref="CgroupException">The path leaves the hierarchy or is its root.</exception>
    public static Cgroup Plan(CgroupHost host, string? cgroupsPath, string id, bool rootless)
    {
        var paths = CgroupPaths.Plan(host, cgroupsPath, id);
        var tolerates = rootless && string.IsNullOrEmpty(cgroupsPath);
        return host.Mode == CgroupMode.V2 ? new CgroupV2(paths, [], tolerates) : new CgroupV1(paths, [], tolerates);
    }

    /// <summary>Takes up a cgroup from state.json.</summary>
    /// <param name="paths"><see cref="Paths"/> as recorded.</param>
    /// <param name="created"><see cref="Created"/> as recorded; null: unknown, then all of <paramref name="paths"/> are taken for ours.</param>
    /// <param name="unit"><see cref="UnitName"/> as recorded.</param>
    /// <param name="user">That unit is one of the user's systemd.</param>
    public static Cgroup FromPaths(IReadOnlyDictionary<string, string> paths, IReadOnlyList<string>? created, string? unit = null, bool user = false)
    {
        var copy = new Dictionary<string, string>(paths, StringComparer.Ordinal);
        var list = new List<string>(created ?? []);
        if (created is null)
        {
            foreach (var path in copy.Values)
            {
                if (!list.Contains(path))
                {
                    list.Add(path);
                }
            }
        }
        Cgroup cgroup = copy.Count == 0 || (copy.Count == 1 && copy.ContainsKey("")) ? new CgroupV2(copy, list, false) : new CgroupV1(copy, list, false);
        cgroup.Unit = unit is null ? null : new SystemdUnit(unit, user);
        return cgroup;
    }

    /// <summary>Cgroups below a container's, which are there already, for another process of it (exec --cgroup).</summary>
    /// <param name="paths"><see cref="Paths"/> of the container, as recorded.</param>
    /// <param name="arguments">A path, or <c>controller[,controller...]:path</c> each; none: the container's own.</param>
    /// <exception cref="CgroupException">One leads out of the container's cgroup, or names no controller of it.</exception>
    public static Cgroup Below(IReadOnlyDictionary<string, string> paths, IReadOnlyList<string> arguments) =>
        FromPaths(CgroupPaths.Below(paths, arguments), []);

    /// <summary>
    /// On v2, where a process is now: when a container has made cgroups in its own and passed controllers on to them, processes may only be in those (EBUSY), and its init has
    /// moved to one of them.
    /// </summary>
    /// <param name="pid">In our pid namespace.</param>
    /// <exception cref="CgroupException">It has ended.</exception>
    public static Cgroup OfProcess(int pid)
    {
        var path = CgroupHost.PathsOf(pid).GetValueOrDefault("", "/");
        return FromPaths(new Dictionary<string, string> { [""] = CgroupHost.MountPoint + path }, []);
    }

    /// <summary>
    /// The directories that <see cref="Create"/> would make now, for the intent that is recorded before: with it a deletion after a kill removes them, and not
    /// one that was there. One stat(2) for each that exists, or is on the way. Of those that systemd makes, the container's own.
    /// </summary>
    /// <exception cref="CgroupException">A unit of that name runs: it is somebody else's.</exception>
    public List<string> MissingDirectories()
    {
        var missing = new List<string>();
        if (Unit is not null)
        {
            return !CgroupFiles.Exists(SafeFd.CurrentDirectory, ProcessPath!)
                ? [.. _created]
                : throw new CgroupException($"the unit {Unit.Name} runs already, in {ProcessPath}: choose another cgroupsPath", "/linux/cgroupsPath");
        }
        foreach (var path in _paths.Values)
        {
            var at = missing.Count;
            for (var directory = path; !missing.Contains(directory) && !CgroupFiles.Exists(SafeFd.CurrentDirectory, directory); directory = Parent(directory))
            {
                missing.Insert(at, directory);
            }
        }
        return missing;
    }

    /// <summary>
    /// Makes the directories, enables the controllers on the way (v2), fills cpusets (v1), and checks that the container can live there. On failure what was
    /// made is removed again. Where systemd makes it, nothing is there until the first process is.
    /// </summary>
    /// <param name="resources">linux.resources, to know which controllers are needed; nothing is limited yet.</param>
    /// <exception cref="CgroupException">A call failed, or the cgroup is frozen or has processes.</exception>
    public void Create(Resources? resources)
    {
        if (Unit is not null)
        {
            return;
        }
        try
        {
            CreateDirectories(resources);
        }
        catch
        {
            RemoveCreated();
            throw;
        }
    }

    /// <summary>Sets the device rules, with the implicit ones behind them; what no rule names is denied. In place of those that were set before.</summary>
    /// <param name="rules">linux.resources.devices.</param>
    /// <param name="unprivileged">We are in a user namespace or not root: the kernel would refuse, and the container cannot make devices anyway. Does nothing then.</param>
    /// <exception cref="CgroupException">A rule is wrong, or the kernel refused.</exception>
    public abstract void SetDevices(DeviceRule[]? rules, bool unprivileged);

    /// <summary>Stops all processes, and waits until they are. Thaws again when that does not succeed within 10 seconds.</summary>
    /// <exception cref="CgroupException">No freezer, or it did not succeed.</exception>
    public abstract void Freeze();

    /// <summary>Lets them run again, and waits until they do.</summary>
    /// <exception cref="CgroupException">No freezer, the kernel refused, or a cgroup above is frozen, which the message names; or it is still frozen after 10 seconds.</exception>
    public abstract void Thaw();

    /// <summary>It is frozen, itself or by a cgroup above it.</summary>
    public abstract bool IsFrozen { get; }

    /// <summary>The processes, as pids in our pid namespace; with <paramref name="recursive"/> those in cgroups below, too. None when it is gone.</summary>
    public List<int> Pids(bool recursive)
    {
        var pids = new List<int>();
        if (TryDirectory(ProcessPath) is { } directory)
        {
            CgroupTree.CollectPids(directory, recursive, pids);
        }
        return pids;
    }

    /// <summary>Sends SIGKILL to every process, in cgroups below too, so that none can escape by forking; frozen ones die as well. Does not wait for them.</summary>
    /// <exception cref="CgroupException">The kernel refused.</exception>
    public abstract void KillAll();

    /// <summary>
    /// Removes the directories that <see cref="Create"/> made, with cgroups that the container made inside; on v1 and v2 the deepest must go, those above only
    /// when they are empty. While the kernel says EBUSY it is thawed and tried again, for up to <paramref name="timeout"/>.
    /// </summary>
    /// <returns>Null; or one line about a unit that systemd could not be asked to stop.</returns>
    /// <exception cref="CgroupException">It would not go: the message names the processes in it and their states.</exception>
    public string? Delete(TimeSpan timeout)
    {
        CloseAll();
        var warning = Unit is { IsPlanned: false } ? Unit.TryStop() : null;
        var deadline = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        for (var i = _created.Count - 1; i >= 0; i--)
        {
            var path = _created[i];
            if (_paths.ContainsValue(path))
            {
                DeleteOne(path, deadline);
            }
            else
            {
                // A cgroup above ours: another container may use it by now.
                _ = CgroupFiles.TryRemoveDirectory(SafeFd.CurrentDirectory, path);
            }
        }
        _created.Clear();
        CloseAll();
        return warning;
    }

    /// <summary>What the memory controller tells about kills; null without one.</summary>
    public abstract OomReport? OomKills();

    /// <summary>What the container has used.</summary>
    /// <exception cref="CgroupException">Its cgroup is gone.</exception>
    public abstract CgroupStatistics Statistics();

    /// <summary>Becomes readable (POLLIN or POLLPRI) when the kernel kills for memory, or may have; then <see cref="OomKills"/> tells. Null without a memory controller.</summary>
    public abstract SafeFd? WatchOom();

    /// <summary>
    /// Gives the directory and the files that the kernel lists in /sys/kernel/cgroup/delegate to the container's root, on v2 (elsewhere nothing happens):
    /// to be called where <see cref="CgroupMounts.ShouldDelegate"/> says so (config-linux.md, "Cgroup ownership").
    /// </summary>
    /// <param name="uid">The user of the host who is the container's root.</param>
    /// <exception cref="CgroupException">The directory could not be given away.</exception>
    public abstract void Delegate(uint uid);

    /// <summary>Closes the descriptors; removes nothing.</summary>
    public void Dispose()
    {
        CloseAll();
        Unit?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The hierarchy whose list of processes counts.</summary>
    private protected abstract string? ProcessPath { get; }

    private protected abstract void CreateDirectories(Resources? resources);

    /// <summary>A descriptor of a directory, kept.</summary>
    private protected SafeFd Directory(string path)
    {
        if (_open.TryGetValue(path, out var directory))
        {
            return directory;
        }
        var errno = CgroupFiles.TryOpenDirectory(SafeFd.CurrentDirectory, path, out directory);
        if (errno != Errno.None)
        {
            throw CgroupErrors.Call("cannot open the container's cgroup", "openat", path, null, errno, null);
        }
        _open.Add(path, directory);
        return directory;
    }

    /// <summary>The same, but null for what is gone, or was never there.</summary>
    private protected SafeFd? TryDirectory(string? path)
    {
        if (path is null)
        {
            return null;
        }
        if (!_open.TryGetValue(path, out var directory) && CgroupFiles.TryOpenDirectory(SafeFd.CurrentDirectory, path, out directory) == Errno.None)
        {
            _open.Add(path, directory);
        }
        return directory is { IsInvalid: false } ? directory : null;
    }

    /// <summary>mkdir -p that remembers what it made. A cgroup above may vanish at any time, removed by the end of another container.</summary>
    /// <returns>The last directory was not there before.</returns>
    private protected bool MakeDirectories(string path, out Errno errno)
    {
        for (var attempt = 0; ; attempt++)
        {
            errno = CgroupFiles.TryMakeDirectory(SafeFd.CurrentDirectory, path);
            if (errno == Errno.None)
            {
                _created.Add(path);
                return true;
            }
            if (errno != Errno.ENOENT || attempt == 8 || Parent(path) == "/")
            {
                errno = errno == Errno.EEXIST ? Errno.None : errno;
                return false;
            }
            MakeDirectories(Parent(path), out errno);
            if (errno != Errno.None)
            {
                return false;
            }
        }
    }

    private protected void Forget(string path) => _created.Remove(path);

    /// <summary>A new process may not be ready to be moved yet (TASK_NEW gives EINVAL).</summary>
    private protected static Errno TryAddProcess(SafeFd directory, int pid)
    {
        var text = pid.ToString(CultureInfo.InvariantCulture);
        for (var attempt = 0; ; attempt++)
        {
            var errno = CgroupFiles.TryWrite(directory, "cgroup.procs", text);
            if (errno != Errno.EINVAL || attempt == 5)
            {
                return errno;
            }
            Thread.Sleep(1 << attempt);
        }
    }

    private protected static string Parent(string path) => path[..Math.Max(path.LastIndexOf('/'), 1)];

    /// <summary>Tries again after growing sleeps, from 1 ms, until <paramref name="deadline"/> (Environment.TickCount64).</summary>
    private protected static bool Sleep(ref int milliseconds, long deadline)
    {
        if (Environment.TickCount64 >= deadline)
        {
            return false;
        }
        Thread.Sleep(milliseconds);
        milliseconds = Math.Min(milliseconds * 2, 100);
        return true;
    }

    /// <summary>A thaw is not the end of it: what a cgroup above freezes stays so, and processes take their time to go on.</summary>
    /// <param name="path">Which was thawed.</param>
    /// <param name="file">Says "1" in a cgroup that is frozen by itself.</param>
    /// <param name="command">Thaws one: what to write into which file.</param>
    private protected void AwaitThaw(string path, string file, string command)
    {
        var deadline = Environment.TickCount64 + 10_000;
        var wait = 1;
        while (IsFrozen)
        {
            for (var above = Parent(path); above.Length >= CgroupHost.MountPoint.Length; above = Parent(above))
            {
                if (CgroupFiles.TryRead(SafeFd.CurrentDirectory, above + "/" + file, out var text) == Errno.None && text.TrimEnd() == "1")
                {
                    throw new CgroupException($"the cgroup {path} stays frozen, since {above} above it is: thaw that one ({command} in it)");
                }
            }
            if (!Sleep(ref wait, deadline))
            {
                throw new CgroupException($"the cgroup {path} is still frozen 10 seconds after it was thawed: a cgroup above it that cannot be seen from here may be frozen");
            }
        }
    }

    private void RemoveCreated()
    {
        CloseAll();
        for (var i = _created.Count - 1; i >= 0; i--)
        {
            _ = CgroupFiles.TryRemoveDirectory(SafeFd.CurrentDirectory, _created[i]);
        }
        _created.Clear();
    }

    private void DeleteOne(string path, long deadline)
    {
        var wait = 1;
        var thawed = false;
        while (true)
        {
            var errno = CgroupTree.Remove(SafeFd.CurrentDirectory, path);
            if (errno is Errno.None or Errno.ENOENT)
            {
                return;
            }
            if (errno is not (Errno.EBUSY or Errno.ENOTEMPTY))
            {
                throw CgroupErrors.Call("cannot remove the container's cgroup", "rmdir", path, null, errno, null);
            }
            if (!thawed)
            {
                // A killed process of a frozen v1 cgroup dies only after the thaw.
                thawed = true;
                ThawBeforeDelete(path);
            }
            if (!Sleep(ref wait, deadline))
            {
                throw CgroupErrors.Call("cannot remove the container's cgroup", "rmdir", path, null, errno, null, CgroupTree.DescribeProcesses(path));
            }
        }
    }

    private protected abstract void ThawBeforeDelete(string path);

    private void CloseAll()
    {
        foreach (var directory in _open.Values)
        {
            directory.Dispose();
        }
        _open.Clear();
    }
}
