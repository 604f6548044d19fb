using System.Globalization;
using OciRun.Cgroups;
using OciRun.Linux;
using OciRun.Runtime.Criu;
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
        if (options.Create.NoPivot)
        {
            throw new ContainerException(ErrorCode.Unsupported, "restore: criu changes the root by pivot_root(2), and knows no other way: --no-pivot cannot be had");
        }

        if (!options.Detach)
        {
            Processes.BecomeSubreaper();
        }

        using var terminal = new TerminalReceiver(options.Create.ConsoleSocket, options.Detach);
        Bundle bundle = Bundle.Read(options.Create.Bundle, null, runtime.Diagnostics);
        bundle.CheckRootfs();
        CriuLimits.Check(bundle.Config);
        terminal.Check(bundle.Config.Process?.Terminal == true);
        Files.ChangeDirectory(bundle.Directory); // where hooks run
        using CreatedContainer container = Create(runtime, options, bundle, terminal);
        return options.Detach ? 0 : Runner.Wait(runtime, options.Create, container, terminal.Master, keep: false);
    }

    private static CreatedContainer Create(RuntimeOptions runtime, RestoreOptions options, Bundle bundle, TerminalReceiver terminal)
    {
        CriuProgram.Check(tracksMemory: false, options.Criu.LazyPages);
        using CriuImages images = CriuImages.Open(options.Criu, Log);
        List<ImageMount> mounts = images.ReadMounts();
        using var rollback = new Rollback(runtime.Diagnostics);
        HostFacts host = HostFacts.Gather(bundle.Config);
        ContainerDirectory directory = StateStore.Create(runtime.Root, options.Create.Id);
        rollback.Push("state directory", directory.Remove);
        StateFile state = Creator.NewState(runtime, options.Create, bundle);
        state.OwnPidNamespace = NamespacePlan.From(bundle.Config).IsNew(CloneFlags.NewPid);
        Cgroup? cgroup = CgroupSetup.Plan(runtime, bundle.Config, options.Create.Id, host);
        CgroupSetup.Record(cgroup, state);
        directory.WriteConfig(bundle.Text);
        directory.WriteState(state); // the intent, as create's
        rollback.Push("poststop hooks", () => Creator.RunPoststop(bundle, state, runtime.Diagnostics));
        if (cgroup is not null)
        {
            CgroupSetup.Create(cgroup, bundle.Config, state);
            rollback.Push("cgroup", () => CgroupSetup.Remove(cgroup, runtime.Diagnostics));
        }

        Dictionary<string, string> sources = ExternalMounts.Sources(mounts, ExternalMounts.Of(bundle.Config, bundle.Directory, state.CgroupPaths, host));
        using SafeFd root = Files.Open(state.Rootfs, OpenFlags.Path | OpenFlags.Directory);
        RestorePoints.Prepare(root, mounts, key => sources[key]);
        var init = new RestoredInit(bundle, state, cgroup, host, terminal, runtime.Diagnostics);
        rollback.Push("container's init", init.Kill);
        RunCriu(options, bundle, images, root, sources, init);
        Complete(state, directory, options, init);
        runtime.Diagnostics.Debug($"restore: init is process {state.Pid}");
        rollback.Keep();
        cgroup?.Dispose();
        return new CreatedContainer(directory, state, state.Pid, init.PidFd!, null, null, bundle);
    }

    private static void RunCriu(
        RestoreOptions options, Bundle bundle, CriuImages images, SafeFd root, Dictionary<string, string> sources, RestoredInit init)
    {
        string rootPath = Files.ReadLink(SafeFd.CurrentDirectory, root.ProcPath)!; // without links
        NamespacePlan namespaces = NamespacePlan.From(bundle.Config);
        SafeFd[] inherited = [.. OuterStreams.OpenNull(), .. ExternalNamespaces.Open(namespaces)];
        using CriuWorker worker = CriuWorker.StartForRestore(rootPath, inherited);
        foreach (SafeFd fd in inherited)
        {
            fd.Dispose();
        }

        (SafeFd imageDirectory, SafeFd workDirectory) = images.OpenIn(worker.Pid);
        using (imageDirectory)
        using (workDirectory)
        {
            var request = new CriuRequest(CriuRequestType.Restore);
            request.AddCommon(options.Criu, imageDirectory, workDirectory, Log, init.HasCgroup);
            AddOptions(request, options);
            AddStreams(request, images.ReadStreams(), worker.FirstInherited);
            request.Set(13, rootPath);
            ExternalNamespaces.AddTo(request, namespaces, worker.FirstInherited + OuterStreams.Count);
            ExternalMounts.AddTo(request, sources);
            init.EnterCgroup(worker.Pid, request);
            worker.Run(request, images, Log, init.Notified);
        }
    }

    private static void AddOptions(CriuRequest request, RestoreOptions options)
    {
        request.Set(6, true); // evasive_devices: another path to the same device will do
        request.Set(26, true); // rst_sibling: the init becomes our child
        if (options.LsmProfile is not null)
        {
            request.Set(53, options.LsmProfile);
        }

        if (options.LsmMountContext is not null)
        {
            request.Set(63, options.LsmMountContext);
        }
    }

    /// <summary>Our own streams, or nothing, in the place of those that came from outside.</summary>
    private static void AddStreams(CriuRequest request, string[] streams, int nothing)
    {
        for (int i = 0; i < streams.Length; i++)
        {
            if (OuterStreams.NameOf(streams[i]) is { } name)
            {
                request.Set(27, name, OuterStreams.IsNull(streams[i]) ? nothing + i : i); // inherit_fd
            }
        }
    }

    private static void Complete(StateFile state, ContainerDirectory directory, RestoreOptions options, RestoredInit init)
    {
        if (init.PidFd is null || Processes.TryStat(state.Pid) is not { } stat)
        {
            throw new ContainerException(ErrorCode.InitDied, "the container's init died as soon as it was restored");
        }

        state.StartTime = stat.StartTime;
        state.IsComplete = true;
        state.HasTimeNamespace = !IsOurTimeNamespace(state.Pid);
        directory.WriteState(state);
        if (options.Create.PidFile is not null)
        {
            PidFile.Write(options.Create.PidFile, state.Pid);
        }
    }

    /// <summary>CRIU gives a container a time namespace, so that its clocks go on where they stopped: exec has to enter it, too.</summary>
    private static bool IsOurTimeNamespace(int pid) =>
        Files.ReadLink(SafeFd.CurrentDirectory, string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/ns/time")) == Files.ReadLink(SafeFd.CurrentDirectory, "/proc/self/ns/time");
}
