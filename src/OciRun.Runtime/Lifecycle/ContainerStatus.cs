using OciRun.Cgroups;
using OciRun.Linux;
using OciRun.Runtime.State;

namespace OciRun.Runtime.Lifecycle;

/// <summary>What a container is doing now (runtime.md, State). Nothing of it is stored: the processes are asked.</summary>
internal static class ContainerStatus
{
    internal const string Creating = "creating", Created = "created", Running = "running", Paused = "paused", Stopped = "stopped";

    /// <param name="state">As it was read; read again where create has finished meanwhile.</param>
    /// <param name="directory">Where it was read.</param>
    internal static string Of(ref StateFile state, ContainerDirectory directory)
    {
        if (!state.IsComplete)
        {
            // A create that is at work holds the lock; one that was killed does not. Shared, so that two who ask do not take each other for a create.
            using ContainerDirectory? probe = directory.Reopen();
            if (probe is null)
            {
                return Stopped;
            }

            if (Files.TryLock(probe.Fd, wait: false, shared: true) == Errno.EAGAIN)
            {
                return Creating;
            }

            state = directory.TryReadState() ?? state; // its last word came after our reading
        }

        if (!state.IsComplete || !IsAlive(state))
        {
            return Stopped;
        }

        bool waits = AwaitsStart(directory);

        // A refused connection is that of an init that has gone on, or that has died since we looked at it: then it never ran.
        return !waits && !IsAlive(state) ? Stopped : IsPaused(state) ? Paused : waits ? Created : Running;
    }

    /// <summary>What engines look for when they have come too late (C75).</summary>
    internal static ContainerException NotRunning(string id) => new(ErrorCode.ContainerNotRunning, $"container not running: {Quoting.Quote(id)}");

    /// <summary>Its cgroup is frozen: by pause, whether or not the program has been started (as runc and crun have it), or by somebody else.</summary>
    internal static bool IsPaused(StateFile state)
    {
        using Cgroup? cgroup = CgroupSetup.Of(state);
        return cgroup is { IsFrozen: true };
    }

    /// <summary>
    /// The pid is still that of the init: the start time tells it from a later process with the same number (X62). One that is ending has closed its descriptors, or is
    /// about to: it runs no more.
    /// </summary>
    internal static bool IsAlive(StateFile state) =>
        state.Pid > 0 && Processes.TryStat(state.Pid) is { IsDead: false, IsEnding: false } stat && stat.StartTime == state.StartTime;

    /// <summary>
    /// While the init waits, its socket accepts; once it has gone on, the kernel refuses. The state file could not tell: start may die right after its word. A connection
    /// that ends without one is ignored by the init. An init that is stopped or frozen accepts nothing, so that its queue may be full (EAGAIN).
    /// </summary>
    private static bool AwaitsStart(ContainerDirectory directory)
    {
        using SafeFd? socket = Sockets.TryConnectIn(directory.Fd, ContainerDirectory.StartSocket, UnixSocketType.SeqPacket, out Errno errno, wait: false);
        return socket is not null || errno == Errno.EAGAIN;
    }

    /// <summary>The init of a container that runs or waits for start: it cannot be mistaken for another process from now on. Null when it has ended.</summary>
    internal static SafeFd? OpenRunning(StateFile state)
    {
        if (state is { IsComplete: true, Pid: > 0 } && Processes.TryOpenPidFd(state.Pid, out _) is { } init)
        {
            if (IsAlive(state))
            {
                return init;
            }

            init.Dispose();
        }

        return null;
    }

    /// <summary>A pidfd of the init, verified after it was opened; null when it has ended.</summary>
    internal static SafeFd? OpenInit(StateFile state)
    {
        if (state.Pid <= 0 || Processes.TryOpenPidFd(state.Pid, out _) is not { } pidfd)
        {
            return null;
        }

        // One that is ending still has to be waited for.
        if (Processes.TryStat(state.Pid) is { IsDead: false } stat && stat.StartTime == state.StartTime)
        {
            return pidfd;
        }

        pidfd.Dispose();
        return null;
    }
}
