using System.Globalization;
using OciRun.Linux;
using OciRun.Spec;

namespace OciRun.Cgroups;

/// <summary>A container's cgroups in the hierarchies of v1 (Documentation/admin-guide/cgroup-v1), and in the unified one where it is mounted beside them.</summary>
internal sealed class CgroupV1(Dictionary<string, string> paths, List<string> created, bool toleratesRefusal) : Cgroup(paths, created, toleratesRefusal)
{
    private const int FreezeTimeout = 10_000;

    private readonly HashSet<string> _new = new(StringComparer.Ordinal);
    private string? _refusal;

    public override CgroupMode Mode => Paths.ContainsKey("") ? CgroupMode.Hybrid : CgroupMode.V1;

    public override string MainPath => ProcessPath ?? CgroupHost.MountPoint;

    public override bool IsFrozen => TryDirectory(Paths.GetValueOrDefault("freezer")) is { } freezer && ReadState(freezer) != "THAWED";

    private protected override string? ProcessPath =>
        Paths.TryGetValue("devices", out var path) || Paths.TryGetValue("name=systemd", out path) || Paths.TryGetValue("freezer", out path) ? path : FirstPath();

    private protected override SafeFd? OpenForClone() => null; // CLONE_INTO_CGROUP is EBADF on v1

    private protected override void Move(int pid)
    {
        var done = new List<string>(Paths.Count);
        foreach (var (controller, path) in new List<KeyValuePair<string, string>>(Paths))
        {
            if (done.Contains(path))
            {
                continue;
            }
            done.Add(path);
            var errno = TryAddProcess(Directory(path), pid);
            if (errno == Errno.None)
            {
                continue;
            }
            var failure = CgroupErrors.Call(
                "cannot move the process into the container's cgroup", "write", path + "/cgroup.procs", pid.ToString(CultureInfo.InvariantCulture), errno, null);
            if (!ToleratesRefusal || !IsRefusal(errno))
            {
                throw failure;
            }
            Drop(controller, failure);
        }
    }

    private protected override void TakeUp(int pid)
    {
        var done = new List<string>(Paths.Count);
        foreach (var path in Paths.Values)
        {
            if (done.Contains(path))
            {
                continue;
            }
            done.Add(path);
            if (MakeOwn(path))
            {
                _new.Add(path);
            }
            if (path == Paths.GetValueOrDefault("cpuset"))
            {
                FillCpuset(path, "cpuset.cpus");
                FillCpuset(path, "cpuset.mems");
            }
        }
        Move(pid);
    }

    public override ResourceWriteList PreviewLimits(Resources? resources) => ResourceWrites.ForV1(resources, [.. Paths.Keys]);

    private protected override ResourceWriteList PlanLimits(Resources? resources)
    {
        var list = ResourceWrites.ForV1(resources, null);
        if (list.Writes.Count == 0)
        {
            return list;
        }
        if (_refusal is not null)
        {
            foreach (var write in list.Writes)
            {
                if (!Paths.ContainsKey(write.Controller))
                {
                    throw new CgroupException($"this limit needs a cgroup of the {write.Controller} controller, and none could be made: {_refusal}", write.Place);
                }
            }
        }
        return ResourceWrites.ForV1(resources, (IReadOnlyCollection<string>)MutablePaths.Keys);
    }

    private protected override string PathOf(string controller) => Paths[controller];

    public override void SetDevices(DeviceRule[]? rules, bool unprivileged)
    {
        var target = DeviceWhitelist.From(DeviceEntries.From(rules));
        if (unprivileged || Paths.Count == 0)
        {
            return;
        }
        const string Place = "/linux/resources/devices";
        if (!Paths.TryGetValue("devices", out var path))
        {
            throw new CgroupException("the devices controller has no mounted cgroup v1 hierarchy, so the device rules cannot be enforced", Place);
        }
        var directory = Directory(path);
        DeviceWhitelist? current = null;
        if (!_new.Remove(path))
        {
            var errno = CgroupFiles.TryRead(directory, "devices.list", out var text);
            current = errno == Errno.None ? DeviceWhitelist.Parse(text) : throw CgroupErrors.Call("cannot read the device rules", "read", path + "/devices.list", null, errno, Place);
        }
        var steps = DeviceWhitelist.Transition(current, target);
        if (steps.Count == 0)
        {
            return;
        }
        using var allow = OpenRules(directory, path, "devices.allow");
        using var deny = OpenRules(directory, path, "devices.deny");
        foreach (var step in steps)
        {
            var line = step.IsEverything ? "a" : step.ToString();
            var errno = CgroupFiles.TryWrite(step.Allow ? allow : deny, line);
            if (errno != Errno.None)
            {
                throw CgroupErrors.Call(
                    "cannot set the device rules", "write", path + (step.Allow ? "/devices.allow" : "/devices.deny"), line, errno, step.Place.Length == 0 ? Place : step.Place,
                    errno == Errno.EPERM ? "the cgroup above does not allow it either" : null);
            }
        }
    }

    public override void Freeze()
    {
        if (!Paths.TryGetValue("freezer", out var path))
        {
            throw new CgroupException("the container has no cgroup of the freezer controller, so it cannot be paused");
        }
        switch (TryFreeze(Directory(path), FreezeTimeout))
        {
            case Errno.None:
                return;
            case Errno.ETIMEDOUT:
                throw new CgroupException($"the cgroup {path} did not freeze within 10 seconds: a process in it does not reach a stopping point");
            case var errno:
                throw CgroupErrors.Call("cannot freeze the container", "write", path + "/freezer.state", "FROZEN", errno, null);
        }
    }

    public override void Thaw()
    {
        if (Paths.TryGetValue("freezer", out var path))
        {
            WriteThawed(path);
            AwaitThaw(path, "freezer.self_freezing", "echo THAWED > freezer.state");
        }
    }

    public override void KillAll()
    {
        // Without permission to freeze it goes as without a freezer.
        var freezer = TryDirectory(Paths.GetValueOrDefault("freezer"));
        var frozen = freezer is not null && TryFreeze(freezer, 500) == Errno.None;
        var known = new HashSet<int>();
        try
        {
            // Frozen, nothing can fork and one pass is enough; otherwise until a pass finds nobody new.
            for (var round = 0; round < 100; round++)
            {
                var found = false;
                foreach (var pid in Pids(recursive: true))
                {
                    found |= known.Add(pid);
                    _ = CgroupFiles.TryKill(pid);
                }
                if (!found || frozen)
                {
                    break;
                }
            }
        }
        finally
        {
            // Also what was frozen before: a killed process of a frozen v1 cgroup dies only after the thaw.
            if (freezer is not null)
            {
                _ = CgroupFiles.TryWrite(freezer, "freezer.state", "THAWED");
            }
        }
    }

    public override OomReport? OomKills()
    {
        if (TryDirectory(Paths.GetValueOrDefault("memory")) is not { } memory || CgroupFiles.TryRead(memory, "memory.oom_control", out var control) != Errno.None)
        {
            return null;
        }
        var limit = CgroupValues.Number(memory, "memory.limit_in_bytes");
        // Unlimited is the highest whole number of pages.
        return new OomReport(CgroupValues.Keyed(control, "oom_kill") ?? 0, limit > long.MaxValue / 2 ? null : limit, CgroupValues.Number(memory, "memory.max_usage_in_bytes"));
    }

    public override CgroupStatistics Statistics() => V1Statistics.Read(controller => TryDirectory(Paths.GetValueOrDefault(controller)));

    public override SafeFd? WatchOom() => TryDirectory(Paths.GetValueOrDefault("memory")) is { } memory ? CgroupFiles.TryWatchOomControl(memory) : null;

    public override void Delegate(uint uid)
    {
        // v1 cannot be delegated safely (config-linux.md, "Cgroup ownership").
    }

    private protected override void CreateDirectories(Resources? resources)
    {
        var done = new List<string>(Paths.Count);
        foreach (var (controller, path) in new List<KeyValuePair<string, string>>(Paths))
        {
            if (done.Contains(path))
            {
                continue;
            }
            done.Add(path);
            if (MakeDirectories(path, out var errno))
            {
                _new.Add(path);
            }
            if (errno != Errno.None)
            {
                var failure = CgroupErrors.Call("cannot make the container's cgroup", "mkdir", path, null, errno, "/linux/cgroupsPath");
                if (!ToleratesRefusal || !IsRefusal(errno))
                {
                    throw failure;
                }
                Drop(controller, failure);
                continue;
            }
            CheckFitness(controller, path);
            if (controller == "cpuset")
            {
                FillCpuset(path, "cpuset.cpus");
                FillCpuset(path, "cpuset.mems");
            }
        }
    }

    private protected override void ThawBeforeDelete(string path)
    {
        if (path == Paths.GetValueOrDefault("freezer"))
        {
            WriteThawed(path);
        }
    }

    private protected override string? HintFor(CgroupWrite write, Errno errno)
    {
        if (errno == Errno.EBUSY && write.File == "memory.limit_in_bytes" && Paths.TryGetValue("memory", out var path))
        {
            var use = CgroupValues.Number(Directory(path), "memory.usage_in_bytes");
            var peak = CgroupValues.Number(Directory(path), "memory.max_usage_in_bytes");
            return string.Create(CultureInfo.InvariantCulture, $"more is in use: {use} bytes, at most {peak}");
        }
        if (errno == Errno.ENOENT && write.File.StartsWith("memory.memsw", StringComparison.Ordinal))
        {
            return "this kernel does not count swap (boot parameter swapaccount=1)";
        }
        return base.HintFor(write, errno);
    }

    private static bool IsRefusal(Errno errno) => errno is Errno.EACCES or Errno.EPERM or Errno.EROFS;

    private string? FirstPath()
    {
        foreach (var path in Paths.Values)
        {
            return path;
        }
        return null;
    }

    /// <summary>This hierarchy is not joined, with all controllers that are mounted together.</summary>
    private void Drop(string controller, CgroupException failure)
    {
        _refusal ??= failure.InnerException!.Message;
        var path = Paths[controller];
        foreach (var (other, its) in new List<KeyValuePair<string, string>>(Paths))
        {
            if (its == path)
            {
                MutablePaths.Remove(other);
            }
        }
        if (_new.Remove(path))
        {
            Forget(path);
            _ = CgroupFiles.TryRemoveDirectory(SafeFd.CurrentDirectory, path);
        }
    }

    private void CheckFitness(string controller, string path)
    {
        if (controller == "freezer" && ReadState(Directory(path)) != "THAWED")
        {
            throw new CgroupException($"the cgroup {path} is frozen, itself or by a cgroup above it: thaw it first (echo THAWED > freezer.state)", "/linux/cgroupsPath");
        }
        if (!_new.Contains(path) && CgroupFiles.TryRead(Directory(path), "cgroup.procs", out var pids) == Errno.None && pids.Length > 0)
        {
            throw new CgroupException($"the cgroup {path} has processes already: choose another cgroupsPath", "/linux/cgroupsPath");
        }
    }

    /// <summary>A new cpuset is empty and takes no process (ENOSPC) until it has processors and memory nodes: those of the cgroup above it.</summary>
    private static string FillCpuset(string path, string file)
    {
        using var directory = OpenCpuset(path);
        var errno = CgroupFiles.TryRead(directory, file, out var value);
        value = value.TrimEnd();
        if (errno != Errno.None || value.Length > 0 || Parent(path).Length <= CgroupHost.MountPoint.Length)
        {
            return value;
        }
        value = FillCpuset(Parent(path), file);
        errno = CgroupFiles.TryWrite(directory, file, value);
        return errno == Errno.None ? value : throw CgroupErrors.Call("cannot fill the new cpuset from the cgroup above", "write", path + "/" + file, value, errno, null);
    }

    private static SafeFd OpenCpuset(string path)
    {
        var errno = CgroupFiles.TryOpenDirectory(SafeFd.CurrentDirectory, path, out var directory);
        return errno == Errno.None ? directory : throw CgroupErrors.Call("cannot open the cpuset", "openat", path, null, errno, null);
    }

    private static SafeFd OpenRules(SafeFd directory, string path, string file)
    {
        var opened = CgroupFiles.TryOpenForWrite(directory, file, out var errno);
        return errno == Errno.None ? opened : throw CgroupErrors.Call("cannot set the device rules", "openat", path + "/" + file, null, errno, "/linux/resources/devices");
    }

    private static string ReadState(SafeFd directory) => CgroupFiles.TryRead(directory, "freezer.state", out var state) == Errno.None ? state.TrimEnd() : "THAWED";

    private void WriteThawed(string path)
    {
        var errno = TryDirectory(path) is { } freezer ? CgroupFiles.TryWrite(freezer, "freezer.state", "THAWED") : Errno.None;
        if (errno is not (Errno.None or Errno.ENODEV or Errno.ENOENT))
        {
            throw CgroupErrors.Call("cannot thaw the container", "write", path + "/freezer.state", "THAWED", errno, null);
        }
    }

    /// <summary>The v1 freezer misses a process that forks at the wrong moment and stays "FREEZING": thawing for a moment between tries helps it along (as runc does).</summary>
    private static Errno TryFreeze(SafeFd freezer, int timeout)
    {
        var deadline = Environment.TickCount64 + timeout;
        var wait = 1;
        for (var round = 1; ; round++)
        {
            var errno = CgroupFiles.TryWrite(freezer, "freezer.state", "FROZEN");
            if (errno != Errno.None || ReadState(freezer) == "FROZEN")
            {
                return errno;
            }
            if (!Sleep(ref wait, deadline))
            {
                _ = CgroupFiles.TryWrite(freezer, "freezer.state", "THAWED");
                return Errno.ETIMEDOUT;
            }
            wait = Math.Min(wait, 10);
            if (round % 25 == 0)
            {
                _ = CgroupFiles.TryWrite(freezer, "freezer.state", "THAWED");
                Thread.Sleep(10);
            }
        }
    }
}
