using System.Globalization;
using OciRun.Linux;
using OciRun.Spec;

namespace OciRun.Cgroups;

/// <summary>A container's cgroup in the unified hierarchy (Documentation/admin-guide/cgroup-v2.rst).</summary>
internal sealed class CgroupV2(Dictionary<string, string> paths, List<string> created, bool toleratesRefusal) : Cgroup(paths, created, toleratesRefusal)
{
    private string[]? _controllers;
    private bool _isNew;
    private string? _refusal;

    public override CgroupMode Mode => CgroupMode.V2;

    public override string MainPath => Path ?? CgroupHost.MountPoint;

    public override bool IsFrozen =>
        TryDirectory(Path) is { } leaf && CgroupFiles.TryRead(leaf, "cgroup.events", out var events) == Errno.None && CgroupValues.Keyed(events, "frozen") == 1;

    private protected override string? ProcessPath => Path;

    private string? Path => Paths.GetValueOrDefault("");

    private SafeFd Leaf => Directory(Path!);

    private protected override SafeFd? OpenForClone() => Path is null ? null : Leaf;

    private protected override void Move(int pid)
    {
        if (Path is null)
        {
            return;
        }
        var errno = TryAddProcess(Leaf, pid);
        if (errno != Errno.None)
        {
            var hint = errno switch
            {
                Errno.EOPNOTSUPP => "it is in a threaded tree, or a cgroup above it has processes of its own",
                Errno.EACCES => "moving a process needs write permission to cgroup.procs of the first cgroup above both: start it from a cgroup that was delegated to you "
                    + "(systemd-run --user --scope)",
                Errno.EBUSY => "controllers are enabled for cgroups below it, so it cannot have processes itself",
                _ => null,
            };
            throw CgroupErrors.Call("cannot move the process into the container's cgroup", "write", Path + "/cgroup.procs", pid.ToString(CultureInfo.InvariantCulture), errno, null, hint);
        }
    }

    private protected override void TakeUp(int pid)
    {
        _isNew = MakeOwn(Path!);
        if (_isNew)
        {
            // A cgroup inside the scope. Before controllers are enabled for it, which forbids processes above it.
            Move(pid);
        }
        EnableControllers(Path!, null);
    }

    public override ResourceWriteList PreviewLimits(Resources? resources)
    {
        var above = Path ?? CgroupHost.MountPoint;
        while (above.Length > CgroupHost.MountPoint.Length && !CgroupFiles.Exists(SafeFd.CurrentDirectory, above))
        {
            above = above[..above.LastIndexOf('/')];
        }
        return ResourceWrites.ForV2(resources, ReadControllers(SafeFd.CurrentDirectory, above + "/cgroup.controllers"));
    }

    private protected override ResourceWriteList PlanLimits(Resources? resources)
    {
        var list = ResourceWrites.ForV2(resources, null);
        if (list.Writes.Count == 0)
        {
            return list;
        }
        if (Path is null)
        {
            throw new CgroupException("limits need a cgroup, and the container has none: " + (_refusal ?? "it was created without one"), list.Writes[0].Place);
        }
        // Again, with what is there: a missing controller is named by its field.
        return ResourceWrites.ForV2(resources, _controllers ??= ReadControllers(Leaf));
    }

    private protected override string PathOf(string controller) => Path!;

    /// <summary>v1 refuses a limit below the use by itself; v2 would rather kill.</summary>
    private protected override void CheckUse(MemoryResources? memory)
    {
        if (memory?.CheckBeforeUpdate is true && memory.Limit > 0 && CgroupValues.Number(Leaf, "memory.current") is { } use && use > memory.Limit)
        {
            throw new CgroupException(
                string.Create(CultureInfo.InvariantCulture, $"the memory limit {memory.Limit} is below what the container uses ({use} bytes), and checkBeforeUpdate is set"),
                ResourceWrites.Root + "memory/limit");
        }
    }

    public override void SetDevices(DeviceRule[]? rules, bool unprivileged)
    {
        var entries = DeviceEntries.From(rules);
        if (unprivileged || Path is null || (_isNew && DeviceEntries.AllowEverything(entries)))
        {
            return;
        }
        try
        {
            using var program = Bpf.LoadDeviceFilter(DeviceProgram.Compile(entries));
            if (_isNew)
            {
                Bpf.AttachDeviceFilter(Leaf, program);
                _isNew = false; // a second call replaces
                return;
            }
            Replace(program);
        }
        catch (LinuxException cause)
        {
            throw new CgroupException($"cannot set the device rules of {Path}: {cause.Message}", "/linux/resources/devices", cause);
        }
    }

    public override void Freeze()
    {
        if (Path is null)
        {
            throw new CgroupException("the container has no cgroup of its own, so it cannot be paused");
        }
        WriteFreeze("1");
        var deadline = Environment.TickCount64 + 10_000;
        var wait = 1;
        while (!IsFrozen)
        {
            if (!Sleep(ref wait, deadline))
            {
                WriteFreeze("0");
                throw new CgroupException($"the cgroup {Path} did not freeze within 10 seconds: a process in it does not reach a stopping point");
            }
        }
    }

    public override void Thaw()
    {
        if (Path is not null)
        {
            WriteFreeze("0");
            AwaitThaw(Path, "cgroup.freeze", "echo 0 > cgroup.freeze");
        }
    }

    public override void KillAll()
    {
        if (TryDirectory(Path) is not { } leaf)
        {
            return;
        }
        var errno = CgroupFiles.TryWrite(leaf, "cgroup.kill", "1"); // 5.14; ENOENT and ENODEV: removed meanwhile
        if (errno is Errno.EOPNOTSUPP)
        {
            // A threaded cgroup has no kill of its own.
            foreach (var pid in Pids(recursive: true))
            {
                _ = CgroupFiles.TryKill(pid);
            }
        }
        else if (errno is not (Errno.None or Errno.ENODEV or Errno.ENOENT))
        {
            throw CgroupErrors.Call("cannot kill the container's processes", "write", Path + "/cgroup.kill", "1", errno, null);
        }
    }

    public override OomReport? OomKills()
    {
        if (TryDirectory(Path) is not { } leaf || CgroupFiles.TryRead(leaf, "memory.events", out var events) != Errno.None)
        {
            return null;
        }
        return new OomReport(CgroupValues.Keyed(events, "oom_kill") ?? 0, CgroupValues.Number(leaf, "memory.max"), CgroupValues.Number(leaf, "memory.peak"));
    }

    public override CgroupStatistics Statistics() =>
        Path is null ? throw new CgroupException("the container has no cgroup, so nothing is counted") : V2Statistics.Read(Leaf);

    public override SafeFd? WatchOom() => TryDirectory(Path) is { } leaf ? CgroupFiles.TryWatch(leaf, "memory.events") : null;

    public override void Delegate(uint uid)
    {
        if (Path is null)
        {
            return;
        }
        var errno = CgroupFiles.TryChangeOwner(Leaf, ".", uid);
        if (errno != Errno.None)
        {
            throw CgroupErrors.Call("cannot give the cgroup to the container's root", "chown", Path, null, errno, null);
        }
        if (CgroupFiles.TryRead(SafeFd.CurrentDirectory, "/sys/kernel/cgroup/delegate", out var list) != Errno.None)
        {
            list = "cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n";
        }
        foreach (var file in list.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            errno = CgroupFiles.TryChangeOwner(Leaf, file, uid);
            // The list has files of controllers that are not enabled here: a missing file must not be an error.
            if (errno is not (Errno.None or Errno.ENOENT))
            {
                throw CgroupErrors.Call("cannot give the cgroup to the container's root", "chown", Path + "/" + file, null, errno, null);
            }
        }
    }

    private protected override void CreateDirectories(Resources? resources)
    {
        if (Path is not { } path)
        {
            return;
        }
        _isNew = MakeDirectories(path, out var errno);
        if (errno != Errno.None)
        {
            var failure = CgroupErrors.Call("cannot make the container's cgroup", "mkdir", path, null, errno, "/linux/cgroupsPath");
            if (ToleratesRefusal && errno is Errno.EACCES or Errno.EPERM or Errno.EROFS)
            {
                _refusal = failure.InnerException!.Message;
                MutablePaths.Clear();
                return;
            }
            throw failure;
        }
        CheckFitness(path);
        EnableControllers(path, resources);
    }

    /// <summary>A child in a frozen cgroup would never run, and we wait for it; foreign processes would be limited and killed with the container.</summary>
    private void CheckFitness(string path)
    {
        if (CgroupFiles.TryRead(Leaf, "cgroup.events", out var events) != Errno.None)
        {
            return; // the root cgroup has none, and is no container's
        }
        if (CgroupValues.Keyed(events, "frozen") == 1)
        {
            throw new CgroupException($"the cgroup {path} is frozen, itself or by a cgroup above it: thaw it first (echo 0 > cgroup.freeze)", "/linux/cgroupsPath");
        }
        if (!_isNew && CgroupValues.Keyed(events, "populated") == 1)
        {
            throw new CgroupException($"the cgroup {path} has processes already: choose another cgroupsPath", "/linux/cgroupsPath");
        }
    }

    /// <summary>
    /// All controllers that the root has, from the root down, as runc does: later updates and statistics want them. What cannot be enabled is missed only by
    /// the limit that needs it.
    /// </summary>
    private void EnableControllers(string path, Resources? resources)
    {
        var wanted = ReadControllers(SafeFd.CurrentDirectory, CgroupHost.MountPoint + "/cgroup.controllers");
        _controllers = ReadControllers(Leaf);
        var missing = Array.FindAll(wanted, controller => Array.IndexOf(_controllers, controller) < 0);
        if (missing.Length == 0)
        {
            return;
        }
        for (var end = CgroupHost.MountPoint.Length; end > 0 && end < path.Length; end = path.IndexOf('/', end + 1))
        {
            Enable(path[..end], missing);
        }
        _controllers = ReadControllers(Leaf);
        CheckType(path, resources);
    }

    private static void Enable(string path, string[] controllers)
    {
        if (CgroupFiles.TryOpenDirectory(SafeFd.CurrentDirectory, path, out var directory) != Errno.None)
        {
            return;
        }
        using (directory)
        {
            if (CgroupFiles.TryWrite(directory, "cgroup.subtree_control", "+" + string.Join(" +", controllers)) == Errno.None)
            {
                return;
            }
            // One that is not available here, or that this cgroup's own processes forbid, spoils them all.
            foreach (var controller in controllers)
            {
                _ = CgroupFiles.TryWrite(directory, "cgroup.subtree_control", "+" + controller);
            }
        }
    }

    /// <summary>Below a cgroup with processes and threaded controllers ours is "domain invalid": it can only become threaded, without memory and I/O limits.</summary>
    private void CheckType(string path, Resources? resources)
    {
        if (CgroupFiles.TryRead(Leaf, "cgroup.type", out var text) != Errno.None)
        {
            return;
        }
        var type = text.TrimEnd();
        if (type == "domain")
        {
            return;
        }
        foreach (var write in ResourceWrites.ForV2(resources, null).Writes)
        {
            if (write.Controller is not ("cpu" or "cpuset" or "perf_event" or "pids" or "cgroup"))
            {
                throw new CgroupException($"the cgroup {path} is of type \"{type}\", where the {write.Controller} controller cannot be used: a cgroup above it has processes of its own", write.Place);
            }
        }
        if (type == "domain invalid")
        {
            var errno = CgroupFiles.TryWrite(Leaf, "cgroup.type", "threaded");
            if (errno != Errno.None)
            {
                throw CgroupErrors.Call("cannot make the cgroup usable", "write", path + "/cgroup.type", "threaded", errno, "/linux/cgroupsPath");
            }
        }
    }

    private static string[] ReadControllers(SafeFd directory, string file = "cgroup.controllers") =>
        CgroupFiles.TryRead(directory, file, out var text) == Errno.None ? text.TrimEnd().Split(' ', StringSplitOptions.RemoveEmptyEntries) : [];

    /// <summary>One that is there is replaced at once, so that no moment has no filter; of several (a GPU hook adds its own) all go after ours has come.</summary>
    private void Replace(SafeFd program)
    {
        var old = Bpf.QueryDeviceFilters(Leaf);
        try
        {
            Bpf.AttachDeviceFilter(Leaf, program, old.Count == 1 ? old[0] : null);
            for (var i = 0; old.Count > 1 && i < old.Count; i++)
            {
                Bpf.DetachDeviceFilter(Leaf, old[i]);
            }
        }
        finally
        {
            old.ForEach(filter => filter.Dispose());
        }
    }

    private protected override void ThawBeforeDelete(string path)
    {
        // A killed process dies in a frozen v2 cgroup too.
    }

    private void WriteFreeze(string value)
    {
        var errno = CgroupFiles.TryWrite(Leaf, "cgroup.freeze", value);
        if (errno != Errno.None)
        {
            throw CgroupErrors.Call(value == "1" ? "cannot freeze the container" : "cannot thaw the container", "write", Path + "/cgroup.freeze", value, errno, null);
        }
    }
}
