using OciRun.Cgroups;
using OciRun.Linux;
using OciRun.Runtime.Criu;
using OciRun.Runtime.Hooks;
using OciRun.Runtime.Planning;
using OciRun.Runtime.State;

namespace OciRun.Runtime.Lifecycle;

/// <summary>The first process of a container as CRIU makes it, and what is done while it does.</summary>
internal sealed class RestoredInit(Bundle bundle, StateFile state, Cgroup? cgroup, HostFacts host, TerminalReceiver terminal, Diagnostics diagnostics)
{
    /// <summary>Null until it is there.</summary>
    internal SafeFd? PidFd { get; private set; }

    internal bool HasCgroup => cgroup is not null;

    /// <summary>What CRIU makes is born where CRIU is. It is told so for each hierarchy, as the checkpoint may be of another place.</summary>
    internal void EnterCgroup(int criu, CriuRequest request)
    {
        if (cgroup is null)
        {
            return;
        }

        CgroupSetup.AddFirst(cgroup, criu, state);
        foreach ((string controller, string path) in CgroupSetup.Translate(() => CgroupHost.PathsOf(criu)))
        {
            request.Set(25, controller, path); // cg_root
        }
    }

    /// <summary>What CRIU tells on its way.</summary>
    internal void Notified(CriuResponse notification, SafeFd? descriptor)
    {
        diagnostics.Debug($"restore: criu: {notification.Script}");
        switch (notification.Script)
        {
            case "setup-namespaces":
                RunHooks(notification.Pid);
                break;
            case "orphan-pts-master" when descriptor is not null:
                terminal.Receive(descriptor, "");
                return;
            case "post-restore":
                state.Pid = notification.Pid;
                PidFd = Processes.TryOpenPidFd(notification.Pid, out _);
                if (cgroup is not null)
                {
                    // Only now: CRIU is in the cgroup, too, and must not be held to the limits and devices of the container.
                    CgroupSetup.Apply(cgroup, bundle.Config, NamespacePlan.From(bundle.Config).Maps, host, diagnostics);
                }

                break;
        }

        descriptor?.Dispose();
    }

    /// <summary>Ends it, when something fails after it was made.</summary>
    internal void Kill()
    {
        if (PidFd is not null)
        {
            _ = Processes.TrySignal(PidFd, Killer.SigKill);
            _ = Processes.Wait(state.Pid);
            PidFd.Dispose();
        }
    }

    /// <summary>As under runc: prestart and createRuntime. The container is not created and its program not started anew, so that the other hooks of those moments do not run (S14).</summary>
    private void RunHooks(int pid)
    {
        if (bundle.Config.Hooks is { } hooks)
        {
            string text = HookState.Text(state.Id, state.OciVersion, ContainerStatus.Creating, pid, state.Bundle, bundle.Config.Annotations);
            HookRunner.Run(hooks.Prestart, "prestart", text, diagnostics.Tracer);
            HookRunner.Run(hooks.CreateRuntime, "createRuntime", text, diagnostics.Tracer);
        }
    }
}
