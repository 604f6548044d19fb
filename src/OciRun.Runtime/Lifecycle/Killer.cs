using OciRun.Cgroups;
using OciRun.Linux;
using OciRun.Runtime.State;

namespace OciRun.Runtime.Lifecycle;

/// <summary>ocirun kill.</summary>
public static class Killer
{
    internal const int SigKill = 9;

    /// <summary>Sends the signal to the init process (S21), or to all processes of the container.</summary>
    /// <exception cref="ContainerException">"container not running" (S20); with <paramref name="all"/> a stopped container is no error (C95).</exception>
    public static void Kill(RuntimeOptions runtime, string id, int signal, bool all)
    {
        using ContainerDirectory directory = StateStore.Open(runtime.Root, id, exclusive: false);
        StateFile state = directory.ReadState();
        using SafeFd? init = ContainerStatus.OpenInit(state);
        if (all)
        {
            SignalAll(state, init, signal);
            return;
        }

        if (init is null)
        {
            throw ContainerStatus.NotRunning(id);
        }

        Send(init, id, signal);
        if (signal == SigKill)
        {
            ThawFrozen(state);
        }
    }

    /// <summary>A process that the v1 freezer holds does not even die of SIGKILL.</summary>
    internal static void ThawFrozen(StateFile state)
    {
        using Cgroup? cgroup = CgroupSetup.Of(state);
        if (cgroup is { IsFrozen: true, Mode: not CgroupMode.V2 })
        {
            CgroupSetup.Translate(cgroup.Thaw);
        }
    }

    private static void Send(SafeFd init, string id, int signal)
    {
        switch (Processes.TrySignal(init, signal))
        {
            case Errno.None:
                return;
            case Errno.ESRCH:
                throw ContainerStatus.NotRunning(id);
            case var errno:
                throw new ContainerException(ErrorCode.Process, $"cannot send signal {signal} to container {Quoting.Quote(id)}: {ErrnoText.Describe(errno)}") { Call = "pidfd_send_signal", Errno = errno };
        }
    }

    private static void SignalAll(StateFile state, SafeFd? init, int signal)
    {
        using Cgroup? cgroup = CgroupSetup.Of(state);
        if (cgroup is null || !OwnsCgroup(state))
        {
            // A cgroup that was there before us holds others, too: only what is certainly ours is signalled (X63).
            if (init is not null)
            {
                Send(init, state.Id, signal);
            }

            return;
        }

        CgroupSetup.Translate(() =>
        {
            if (signal == SigKill)
            {
                cgroup.KillAll();
                return;
            }

            foreach (int pid in cgroup.Pids(recursive: true))
            {
                // One may have ended meanwhile; a number is not given out again that fast.
                _ = Processes.TryKill(pid, signal);
            }
        });
    }

    /// <summary>The container's cgroup was made for it.</summary>
    internal static bool OwnsCgroup(StateFile state)
    {
        foreach (string path in state.CgroupPaths.Values)
        {
            if (!state.CgroupCreated.Contains(path))
            {
                return false;
            }
        }

        return state.CgroupPaths.Count > 0;
    }
}
