using OciRun.Cgroups.Systemd;
using OciRun.Linux;

namespace OciRun.Cgroups;

/// <summary>The cgroup as systemd makes it: a scope around the container's first process.</summary>
public abstract partial class Cgroup
{
    /// <summary>systemd made it, or is going to.</summary>
    private protected SystemdUnit? Unit { get; private set; }

    /// <summary>For state.json: the unit that systemd made; null with the file driver.</summary>
    public string? UnitName => Unit?.Name;

    /// <summary>The same for a cgroup that systemd makes: with the first <see cref="AddProcess"/>, as there is no scope without a process.</summary>
    /// <exception cref="CgroupException">A name or a property is none, there is such a unit already, or there is no systemd.</exception>
    public static Cgroup Plan(CgroupHost host, SystemdRequest request)
    {
        var unit = SystemdUnit.Plan(host, request);
        var paths = CgroupPaths.Plan(host, unit.Path, request.Id);
        var created = new List<string>();
        foreach (var path in paths.Values)
        {
            if (!created.Contains(path))
            {
                created.Add(path);
            }
        }
        return host.Mode == CgroupMode.V2 ? new CgroupV2(paths, created, false) { Unit = unit } : new CgroupV1(paths, created, false) { Unit = unit };
    }

    /// <summary>A descriptor for CLONE_INTO_CGROUP, valid until this is disposed; null on v1, and where there is no cgroup (yet).</summary>
    public SafeFd? Open() => Unit is { IsPlanned: true } ? null : OpenForClone();

    /// <summary>Moves a process in, by its pid in our pid namespace; 0 is the caller. The first makes systemd make the cgroup.</summary>
    /// <exception cref="CgroupException">The kernel refused, or systemd.</exception>
    public void AddProcess(int pid)
    {
        if (Unit is { IsPlanned: true })
        {
            Unit.Start(pid);
            CheckPlace(pid);
            _created.Clear();
            TakeUp(pid);
            return;
        }
        try
        {
            Move(pid);
        }
        catch (CgroupException e) when (Unit is not null && e.Errno is Errno.EACCES or Errno.EPERM)
        {
            // A user may not move processes out of a session's cgroup; systemd does that for them (systemd 238).
            var below = ProcessPath!.IndexOf(Unit.Name + "/", StringComparison.Ordinal);
            Unit.Attach(pid, below < 0 ? "" : ProcessPath[(below + Unit.Name.Length)..]);
        }
    }

    /// <summary>Where the process is now: the planned place, unless systemd names its cgroups by other rules than ours.</summary>
    private void CheckPlace(int pid)
    {
        var controller = Mode == CgroupMode.V2 ? "" : "name=systemd";
        if (_paths.TryGetValue(controller, out var path) && CgroupHost.PathsOf(pid).TryGetValue(controller, out var place)
            && !path.EndsWith(Unit!.Subgroup.Length == 0 ? place : place + "/" + Unit.Subgroup, StringComparison.Ordinal))
        {
            throw new CgroupException($"systemd has put the process into the cgroup {place}, and {path} was expected", "/linux/cgroupsPath");
        }
    }

    private protected abstract SafeFd? OpenForClone();

    private protected abstract void Move(int pid);

    /// <summary>After systemd has made the cgroup around a process: makes what it has not, moves the process there, and enables the controllers that systemd does not know.</summary>
    private protected abstract void TakeUp(int pid);

    /// <summary>mkdir -p; what was there already is the container's own as well.</summary>
    private protected bool MakeOwn(string path)
    {
        var made = MakeDirectories(path, out var errno);
        if (errno != Errno.None)
        {
            throw CgroupErrors.Call("cannot make the container's cgroup", "mkdir", path, null, errno, "/linux/cgroupsPath");
        }
        if (!made)
        {
            _created.Add(path);
        }
        return made;
    }
}
