using OciRun.Cgroups;
using OciRun.Linux;
using OciRun.Runtime.State;

namespace OciRun.Runtime.Lifecycle;

/// <summary>What a container is doing now (runtime.md, State). Nothing of it is stored: the processes are asked.</summary>
internal static class ContainerStatus
{
    internal const string Creating = "creating", Created = "created", Running = "running", Paused = "paused", Stopped = "stopped";

    internal static string Of(StateFile state, ContainerDirectory directory)
    {
        if (!state.IsComplete)
        {
            // A create that is at work holds the lock; one that was killed does not.
            using ContainerDirectory? probe = directory.Reopen();
            return probe is not null && Files.TryLock(probe.Fd, wait: false) == Errno.EAGAIN ? Creating : Stopped;
        }

        if (!IsAlive(state))
        {
            return Stopped;
        }

        if (AwaitsStart(directory))
        {
            return Created;
        }

        using Cgroup? cgroup = CgroupSetup.Of(state);
        return cgroup is { IsFrozen: true } ? Paused : Running;
    }

    /// <summary>The pid is still that of the init: the start time tells it from a later process with the same number (X62).</summary>
    internal static bool IsAlive(StateFile state) =>
        state.Pid > 0 && Processes.TryStat(state.Pid) is { IsDead: false } stat && stat.StartTime == state.StartTime;

    /// <summary>
    /// While the init waits, its socket accepts; once it has gone on, the kernel refuses. The state file could not tell: start may die right after its word. A connection
    /// that ends without one is ignored by the init.
    /// </summary>
    private static bool AwaitsStart(ContainerDirectory directory)
    {
        using SafeFd? socket = Sockets.TryConnectIn(directory.Fd, ContainerDirectory.StartSocket, UnixSocketType.SeqPacket, out _);
        return socket is not null;
    }

    /// <summary>A pidfd of the init, verified after it was opened; null when it has ended.</summary>
    internal static SafeFd? OpenInit(StateFile state)
    {
        if (state.Pid <= 0 || Processes.TryOpenPidFd(state.Pid, out _) is not { } pidfd)
        {
            return null;
        }

        if (IsAlive(state))
        {
            return pidfd;
        }

        pidfd.Dispose();
        return null;
    }
}
