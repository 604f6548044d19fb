using System.Globalization;
using OciRun.Cgroups;
using OciRun.Linux;
using OciRun.Runtime.Hooks;
using OciRun.Runtime.State;
using OciRun.Runtime.Tracing;
using OciRun.Spec;

namespace OciRun.Runtime.Lifecycle;

/// <summary>ocirun delete.</summary>
public static class Deleter
{
    private const int PatienceMilliseconds = 10_000;

    /// <summary>Deletes a stopped container; with <paramref name="force"/> any, and what a create that was killed has left; a missing one is no error then (C25).</summary>
    /// <param name="runtime">The root directory.</param>
    /// <param name="id">Of the container.</param>
    /// <param name="force">Kills it first.</param>
    /// <param name="init">Only the container whose init was this process: another one of that name, made since, is left alone. 0: any.</param>
    /// <exception cref="ContainerException">It does not exist, or is not stopped (S22), or would not die: the message names what is left (U27).</exception>
    public static void Delete(RuntimeOptions runtime, string id, bool force, int init = 0)
    {
        using ContainerDirectory? directory = StateStore.TryOpen(runtime.Root, id, exclusive: false);
        StateFile? state = directory is null ? null : Acquire(directory, force, init);
        if (directory is null || (state is null && !directory.IsInPlace))
        {
            if (force)
            {
                return;
            }

            throw new ContainerException(ErrorCode.ContainerMissing, $"container does not exist: {Quoting.Quote(id)} in {runtime.Root}");
        }

        if (init > 0 && state?.Pid != init)
        {
            return;
        }

        if (state is null)
        {
            directory.Remove(); // killed before it had recorded anything: it had made nothing else
            return;
        }

        if (!force && ContainerStatus.IsAlive(state))
        {
            throw new ContainerException(
                ErrorCode.ContainerNotStopped, $"cannot delete container {id} that is not stopped: {ContainerStatus.Of(ref state, directory)}");
        }

        Destroy(directory, state, runtime.Diagnostics);
    }

    /// <summary>Ends and removes everything; what <see cref="Delete"/> and run do in the end. The lock is held.</summary>
    internal static void Destroy(ContainerDirectory directory, StateFile state, Diagnostics diagnostics)
    {
        byte[]? config = state.HasPoststop ? directory.TryReadConfig() : null;
        if (state.HasPoststop && config is null)
        {
            diagnostics.Warn($"/hooks/poststop: the hooks are not run: {directory.Path}/config.json is gone");
        }

        using (diagnostics.Span("end the init"))
        {
            EndInit(state);
        }

        using (Cgroup? cgroup = CgroupSetup.Of(state))
        {
            if (cgroup is not null)
            {
                using TraceSpan span = diagnostics.Span("remove the cgroup");
                RemoveCgroup(cgroup, state, diagnostics);
            }
        }

        CgroupSetup.Translate(() => ResourceClass.Remove(state.RdtOwned));
        if (state.OverlayRemoved is not null)
        {
            OverlayDirectory.Release(state.OverlayRemoved, directory.Fd);
        }

        using (diagnostics.Span("remove the state directory"))
        {
            directory.Remove();
        }

        diagnostics.Debug($"delete: process {state.Pid}, its cgroup and {directory.Path} are gone");
        if (config is not null)
        {
            RuntimeConfig parsed = ConfigReader.Read(config);
            string text = HookState.Text(state.Id, state.OciVersion, ContainerStatus.Stopped, 0, state.Bundle, state.Annotations);
            HookRunner.RunAll(parsed.Hooks?.Poststop, "poststop", text, diagnostics);
        }
    }

    /// <summary>Waits for who works on the container, then reads its state: a create that was killed has let go of the lock.</summary>
    private static StateFile? Acquire(ContainerDirectory directory, bool force, int init)
    {
        long deadline = Environment.TickCount64 + PatienceMilliseconds;
        while (Files.TryLock(directory.Fd, wait: false) == Errno.EAGAIN)
        {
            if (Environment.TickCount64 > deadline)
            {
                throw new ContainerException(ErrorCode.ContainerStuck, $"container {Quoting.Quote(directory.Id)} is in use: another ocirun has been working on it for 10 s");
            }

            // It may work for as long as the init lives: a start whose hook in the container hangs.
            if (force && directory.TryReadStateLenient() is { IsComplete: true } held && (init == 0 || held.Pid == init))
            {
                using SafeFd? process = ContainerStatus.OpenInit(held);
                if (process is not null)
                {
                    _ = Processes.TrySignal(process, Killer.SigKill);
                    Killer.ThawFrozen(held);
                }
            }

            Thread.Sleep(5);
        }

        return force ? directory.TryReadStateLenient() : directory.TryReadState();
    }

    private static void EndInit(StateFile state)
    {
        using SafeFd? init = ContainerStatus.OpenInit(state);
        if (init is null)
        {
            return;
        }

        _ = Processes.TrySignal(init, Killer.SigKill);
        Killer.ThawFrozen(state);
        if (Processes.WaitReadable([init], PatienceMilliseconds) < 0)
        {
            char letter = Processes.TryStat(state.Pid)?.State ?? '?';
            throw new ContainerException(
                ErrorCode.ContainerStuck,
                string.Create(CultureInfo.InvariantCulture, $"container init still running: process {state.Pid} (state {letter}) did not end within 10 s of SIGKILL") +
                (letter == 'D' ? "; it waits in the kernel, mostly for a device or a network filesystem" : ""));
        }
    }

    private static void RemoveCgroup(Cgroup cgroup, StateFile state, Diagnostics diagnostics) => CgroupSetup.Translate(() =>
    {
        // The end of a pid namespace's init takes all with it; without one, what the container has left behind is in its cgroup.
        if (Killer.OwnsCgroup(state) && (!state.OwnPidNamespace || !state.IsComplete))
        {
            cgroup.KillAll();
        }

        CgroupSetup.Remove(cgroup, diagnostics);
    });
}
