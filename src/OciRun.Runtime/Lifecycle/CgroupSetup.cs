using OciRun.Cgroups;
using OciRun.Cgroups.Systemd;
using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Runtime.Planning;
using OciRun.Runtime.State;
using OciRun.Spec;

namespace OciRun.Runtime.Lifecycle;

/// <summary>The container's cgroup in the life cycle; errors of that room become ours here.</summary>
internal static class CgroupSetup
{
    private static CgroupHost? s_host;

    /// <summary>The machine's cgroups, looked at once, and only where somebody wants one.</summary>
    internal static CgroupHost Host => s_host ??= Translate(CgroupHost.Detect);

    /// <summary>Null where nobody makes cgroups (--cgroup-manager=disabled).</summary>
    internal static Cgroup? Plan(RuntimeOptions runtime, RuntimeConfig config, string id, HostFacts host)
    {
        switch (runtime.CgroupDriver)
        {
            case CgroupDriver.Disabled:
                return null;
            case CgroupDriver.Systemd:
                var request = new SystemdRequest(id, config.Linux?.CgroupsPath, config.Linux?.Resources, config.Annotations, User: !host.IsHostRoot);
                return Translate(() => Cgroup.Plan(Host, request));
            default:
                return Translate(() => Cgroup.Plan(Host, config.Linux?.CgroupsPath, id, rootless: !host.IsHostRoot));
        }
    }

    /// <summary>Records the intent, before anything is made.</summary>
    internal static void Record(Cgroup? cgroup, StateFile state)
    {
        if (cgroup is null)
        {
            return;
        }

        Copy(cgroup, Translate(cgroup.MissingDirectories), state);
        state.SystemdUnit = cgroup.UnitName;
    }

    /// <summary>Makes it, and corrects the record: an unprivileged caller may have got less than was planned.</summary>
    internal static void Create(Cgroup cgroup, RuntimeConfig config, StateFile state) => Translate(() =>
    {
        cgroup.Create(config.Linux?.Resources);
        Copy(cgroup, cgroup.Created, state);
    });

    /// <summary>What systemd did not make is made with the first process: corrects the record again.</summary>
    internal static void AddFirst(Cgroup cgroup, int pid, StateFile state) => Translate(() =>
    {
        cgroup.AddProcess(pid);
        Copy(cgroup, cgroup.Created, state);
    });

    /// <summary>Removes it, and says what systemd could not be asked to do.</summary>
    internal static void Remove(Cgroup cgroup, Diagnostics diagnostics) => Translate(() =>
    {
        if (cgroup.Delete(TimeSpan.FromSeconds(10)) is { } warning)
        {
            diagnostics.Warn(warning);
        }
    });

    /// <summary>Records a class of service.</summary>
    internal static void Record(ResourceClass? rdt, StateFile state)
    {
        if (rdt is not null)
        {
            state.RdtTasks = rdt.Tasks;
            state.RdtOwned.AddRange(rdt.Owned);
        }
    }

    private static void Copy(Cgroup cgroup, IReadOnlyList<string> created, StateFile state)
    {
        state.CgroupPaths.Clear();
        foreach ((string controller, string path) in cgroup.Paths)
        {
            state.CgroupPaths[controller] = path;
        }

        state.CgroupCreated.Clear();
        state.CgroupCreated.AddRange(created);
    }

    /// <summary>Limits and device rules; after the mounts, so that a memory limit does not hit the copying of tmpcopyup, and before the hooks, which may edit the rules.</summary>
    internal static void Apply(Cgroup cgroup, RuntimeConfig config, IdMaps? ids, HostFacts host, Diagnostics diagnostics) => Translate(() =>
    {
        foreach (string warning in cgroup.ApplyLimits(config.Linux?.Resources))
        {
            diagnostics.Weaken(warning);
        }

        cgroup.SetDevices(config.Linux?.Resources?.Devices, unprivileged: !host.IsHostRoot);
        // config-linux.md, "Cgroup ownership": to the user who executes the container process.
        if (CgroupMounts.ShouldDelegate(Host, config) && ids is { } maps && IdMaps.ToHost(maps.Uids, config.Process?.User?.Uid ?? 0) is { } uid)
        {
            cgroup.Delegate(uid);
        }
    });

    /// <summary>The cgroup of an existing container; null when it has none.</summary>
    internal static Cgroup? Of(StateFile state) => state.CgroupPaths.Count == 0 ? null : Cgroup.FromPaths(
        state.CgroupPaths, state.CgroupCreated, state.SystemdUnit, user: state.SystemdUnit is not null && !(Processes.EffectiveUid == 0 && Processes.InInitialUserNamespace));

    internal static void Translate(Action action) => Translate(() =>
    {
        action();
        return 0;
    });

    internal static T Translate<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (CgroupException e)
        {
            string message = e.Place is null ? e.Message : e.Place + ": " + e.Message;
            throw new ContainerException(ErrorCode.Cgroup, message, e) { Place = e.Place, Errno = e.Errno, Call = (e.InnerException as LinuxException)?.Call };
        }
    }
}
