using OciRun.Cgroups;
using OciRun.Linux;
using OciRun.Runtime.State;

namespace OciRun.Runtime.Lifecycle;

/// <summary>ocirun pause and resume: the freezer of the container's cgroup.</summary>
public static class Pauser
{
    /// <summary>Stops all processes of the container; returns when none of them runs any more.</summary>
    /// <exception cref="ContainerException">It is not running ("container not running": a paused one is not either), or its cgroup is not its own or does not freeze.</exception>
    public static void Pause(RuntimeOptions runtime, string id)
    {
        using ContainerDirectory directory = StateStore.Open(runtime.Root, id, exclusive: true);
        StateFile state = directory.ReadState();
        string status = ContainerStatus.Of(ref state, directory);
        if (status is not (ContainerStatus.Created or ContainerStatus.Running))
        {
            throw new ContainerException(ErrorCode.ContainerNotRunning, $"container not running: {Quoting.Quote(id)} is {status}");
        }

        if (state.CgroupPaths.Count > 0 && !Killer.OwnsCgroup(state))
        {
            throw new ContainerException(ErrorCode.Cgroup, $"cannot pause {Quoting.Quote(id)}: its cgroup was there before it, and others may be in it");
        }

        using Cgroup cgroup = CgroupOf(state, id, "paused");
        CgroupSetup.Translate(cgroup.Freeze);
    }

    /// <summary>Lets them run again.</summary>
    /// <exception cref="ContainerException">It is not paused ("container not paused").</exception>
    public static void Resume(RuntimeOptions runtime, string id)
    {
        using ContainerDirectory directory = StateStore.Open(runtime.Root, id, exclusive: true);
        StateFile state = directory.ReadState();
        string status = ContainerStatus.Of(ref state, directory);
        if (status != ContainerStatus.Paused)
        {
            throw new ContainerException(ErrorCode.ContainerNotPaused, $"container not paused: {Quoting.Quote(id)} is {status}");
        }

        using Cgroup cgroup = CgroupOf(state, id, "resumed");
        CgroupSetup.Translate(cgroup.Thaw);
    }

    private static Cgroup CgroupOf(StateFile state, string id, string what) =>
        CgroupSetup.Of(state) ?? throw new ContainerException(ErrorCode.Cgroup, $"container {Quoting.Quote(id)} has no cgroup, so it cannot be {what}");
}
