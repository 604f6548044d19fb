using System.Globalization;
using OciRun.Cgroups;
using OciRun.Linux;
using OciRun.Runtime.Criu;
using OciRun.Runtime.Hooks;
using OciRun.Runtime.Planning;
using OciRun.Runtime.State;

namespace OciRun.Runtime.Lifecycle;

/// <summary>ocirun restore: as create, but it is CRIU that makes the container's processes, from the files of a checkpoint, and they go on at once.</summary>
public static class Restorer
{
    private const string Log = "restore.log";

    /// <summary>Restores; in the foreground waits, deletes and returns the program's exit code; detached returns 0.</summary>
    /// <exception cref="ContainerException">Nothing of the container is left then.</exception>
    public static int Restore(RuntimeOptions runtime, RestoreOptions options)
    {
        CriuLimits.CheckCaller("restore");
        if (!options.Detach)
        {
            Processes.BecomeSubreaper();
        }

        using var terminal = new TerminalReceiver(options.Create.ConsoleSocket, options.Detach);
        using CreatedContainer container = Create(runtime, options, terminal);
        return options.Detach ? 0 : Runner.Wait(runtime, options.Create, container, terminal.Master, keep: false);
    }

    private static CreatedContainer Create(RuntimeOptions runtime, RestoreOptions options, TerminalReceiver terminal)
    {
        Bundle bundle = Bundle.Read(options.Create.Bundle, null, runtime.Diagnostics);
        bundle.CheckRootfs();
        CriuLimits.Check(bundle.Config);
        terminal.Check(bundle.Config.Process?.Terminal == true);
        if (options.Create.NoPivot)
        {
            throw new ContainerException(ErrorCode.Unsupported, "restore: criu changes the root by pivot_root(2), and knows no other way: --no-pivot cannot be had");
        }

        Files.ChangeDirectory(bundle.Directory); // where hooks run
        CriuProgram.Check(tracksMemory: false, options.Criu.LazyPages);
        using CriuImages images = CriuImages.Open(options.Criu, Log);
        List<ImageMount> mounts = images.ReadMounts();
        string[] streams = images.ReadStreams();

        using var rollback = new Rollback(runtime.Diagnostics);
        HostFacts host = HostFacts.Gather(bundle.Config);
        ContainerDirectory directory = StateStore.Create(runtime.Root, options.Create.Id);
        rollback.Push("state directory", directory.Remove);
        NamespacePlan namespaces = NamespacePlan.From(bundle.Config);
        StateFile state = Creator.NewState(runtime, options.Create, bundle);
        state.OwnPidNamespace = namespaces.IsNew(CloneFlags.NewPid);
        Cgroup? cgroup = CgroupSetup.Plan(runtime, bundle.Config, options.Create.Id, host);
        CgroupSetup.Record(cgroup, state);
        directory.WriteConfig(bundle.Text);
        directory.WriteState(state); // the intent, as create's
        rollback.Push("poststop hooks", () => Creator.RunPoststop(bundle, state, runtime.Diagnostics));
        if (cgroup is not null)
        {
            CgroupSetup.Create(cgroup, bundle.Config, state);
            rollback.Push("cgroup", () => cgroup.Delete(TimeSpan.FromSeconds(10)));
        }

        List<ExternalMounts.Entry> entries = ExternalMounts.Of(bundle.Config, bundle.Directory, state.CgroupPaths, host);
        Dictionary<string, string> sources = ExternalMounts.Sources(mounts, entries);
        using SafeFd rootfs = Files.Open(state.Rootfs, OpenFlags.Path | OpenFlags.Directory);
        RestorePoints.Prepare(rootfs, mounts, key => sources[key]);

        List<(SafeFd Fd, string Key)> joined = ExternalNamespaces.Open(namespaces);
        string root = Files.ReadLink(SafeFd.CurrentDirectory, string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{rootfs.Number}"))!;
        CriuWorker worker = CriuWorker.StartForRestore(root, joined.ConvertAll(static one => one.Fd).ToArray());
        rollback.Push("criu", worker.Dispose);
        (SafeFd imageFd, SafeFd workFd) = images.OpenIn(worker.Stage.Pid);
        using var _1 = imageFd; using var _2 = workFd;
        CriuRequest request = Request(options, imageFd, workFd, streams, cgroup is not null);
        request.Set(13, root);
        ExternalNamespaces.AddTo(request, namespaces, joined, worker.FirstInherited);
        ExternalMounts.AddTo(request, sources);
        EnterCgroup(cgroup, worker, request);
        runtime.Diagnostics.Debug($"restore: criu is process {worker.Stage.Pid}, root {root}");

        SafeFd? init = null;
        rollback.Push("container's init", () => Kill(init, state.Pid));
        _ = worker.Run(request, images, Log, (notification, descriptor) =>
        {
            runtime.Diagnostics.Debug($"restore: criu: {notification.Script}");
            switch (notification.Script)
            {
                case "setup-namespaces":
                    RunHooks(bundle, state, notification.Pid);
                    break;
                case "orphan-pts-master" when descriptor is not null:
                    terminal.Receive(descriptor, "");
                    return;
                case "post-restore":
                    state.Pid = notification.Pid;
                    init = Processes.TryOpenPidFd(notification.Pid, out _);
                    if (cgroup is not null)
                    {
                        // Only now: CRIU is in the cgroup, too, and must not be held to the limits and devices of the container.
                        CgroupSetup.Apply(cgroup, bundle.Config, namespaces.Maps, host, runtime.Diagnostics);
                    }

                    break;
            }

            descriptor?.Dispose();
        });
        foreach ((SafeFd fd, _) in joined)
        {
            fd.Dispose();
        }

        Complete(state, directory, options, init);
        runtime.Diagnostics.Debug($"restore: init is process {state.Pid}");
        rollback.Keep();
        cgroup?.Dispose();
        return new CreatedContainer(directory, state, state.Pid, init!, worker.Stage, null, bundle);
    }

    private static CriuRequest Request(RestoreOptions options, SafeFd images, SafeFd work, string[] streams, bool hasCgroup)
    {
        var request = new CriuRequest(CriuRequestType.Restore);
        request.AddCommon(hasCgroup ? options.Criu : options.Criu with { ManageCgroups = "ignore" }, images.Number, work.Number, Log);
        request.Set(6, true); // evasive_devices: another path to the same device will do
        request.Set(26, true); // rst_sibling: the init becomes our child
        for (int i = 0; i < streams.Length; i++)
        {
            if (OuterStreams.IsOutside(streams[i]))
            {
                request.Set(27, streams[i], i); // our own in its place
            }
        }

        if (options.LsmProfile is not null)
        {
            request.Set(53, options.LsmProfile);
        }

        if (options.LsmMountContext is not null)
        {
            request.Set(63, options.LsmMountContext);
        }

        return request;
    }

    /// <summary>What CRIU makes is born where CRIU is. It is told so for each hierarchy, as the checkpoint may be of another place.</summary>
    private static void EnterCgroup(Cgroup? cgroup, CriuWorker worker, CriuRequest request)
    {
        if (cgroup is null)
        {
            return;
        }

        CgroupSetup.Translate(() => cgroup.AddProcess(worker.Stage.Pid));
        foreach ((string controller, string path) in CgroupSetup.Translate(() => CgroupHost.PathsOf(worker.Stage.Pid)))
        {
            request.Set(25, controller, path);
        }
    }

    /// <summary>As under runc: prestart and createRuntime. The container is not created and its program not started anew, so that the other hooks of those moments do not run (S14).</summary>
    private static void RunHooks(Bundle bundle, StateFile state, int pid)
    {
        if (bundle.Config.Hooks is { } hooks)
        {
            string text = HookState.Text(state.Id, state.OciVersion, ContainerStatus.Creating, pid, state.Bundle, bundle.Config.Annotations);
            HookRunner.Run(hooks.Prestart, "prestart", text);
            HookRunner.Run(hooks.CreateRuntime, "createRuntime", text);
        }
    }

    private static void Complete(StateFile state, ContainerDirectory directory, RestoreOptions options, SafeFd? init)
    {
        if (init is null || Processes.TryStat(state.Pid) is not { } stat)
        {
            throw new ContainerException(ErrorCode.InitDied, "the container's init died as soon as it was restored");
        }

        state.StartTime = stat.StartTime;
        state.IsComplete = true;
        directory.WriteState(state);
        if (options.Create.PidFile is not null)
        {
            PidFile.Write(options.Create.PidFile, state.Pid);
        }
    }

    private static void Kill(SafeFd? init, int pid)
    {
        if (init is not null)
        {
            _ = Processes.TrySignal(init, Killer.SigKill);
            _ = Processes.Wait(pid);
            init.Dispose();
        }
    }
}
