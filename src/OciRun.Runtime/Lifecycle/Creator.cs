using OciRun.Cgroups;
using OciRun.Linux;
using OciRun.Runtime.Hooks;
using OciRun.Runtime.Init;
using OciRun.Runtime.Planning;
using OciRun.Runtime.State;
using OciRun.Runtime.Tracing;
using OciRun.Spec;

namespace OciRun.Runtime.Lifecycle;

/// <summary>
/// ocirun create: from a bundle to a container whose init has done everything and waits for start. Reads top to bottom; what each step acquires is on the rollback
/// stack before the next begins.
/// </summary>
public static class Creator
{
    /// <summary>Creates the container and leaves its init waiting for start.</summary>
    /// <exception cref="ContainerException">Nothing is left behind then.</exception>
    public static void Create(RuntimeOptions runtime, CreateOptions options)
    {
        using var terminal = new TerminalReceiver(options.ConsoleSocket, detached: true);
        using CreatedContainer _ = Create(runtime, options, terminal, startsAtOnce: false);
    }

    /// <summary>The same for run, which goes on with the container.</summary>
    internal static CreatedContainer Create(RuntimeOptions runtime, CreateOptions options, TerminalReceiver terminal, bool startsAtOnce)
    {
        Diagnostics diagnostics = runtime.Diagnostics;
        InheritedDescriptors inherited = InheritedDescriptors.Take(options.PreserveFds);
        diagnostics.Phase("read config.json and judge it");
        Bundle bundle = Bundle.Read(options.Bundle, options.ConfigFile, diagnostics);
        bundle.CheckRootfs();
        SysctlScope.Check(bundle.Config);
        terminal.Check(bundle.Config.Process?.Terminal == true);
        Files.ChangeDirectory(bundle.Directory); // where hooks run, as under runc

        using var rollback = new Rollback(diagnostics);
        diagnostics.Phase("look at the host");
        using NetworkNamespace? network = BeginNetwork(bundle.Config);
        HostFacts host = HostFacts.Gather(bundle.Config);
        diagnostics.Phase("make the state directory");
        ContainerDirectory directory = StateStore.Create(runtime.Root, options.Id);
        rollback.Push("state directory", directory.Remove);
        diagnostics.Debug($"create: {bundle.Directory}, state in {directory.Path}");

        StateFile state = NewState(runtime, options, bundle);
        NotifySocket? notify = options.EndsWithUs ? null : NotifySocket.Prepare(directory); // it is we who are the service then
        state.NotifySocket = notify?.HostPath;
        OverlayRoot? overlay = OverlaySetup.Plan(options, bundle, host);
        OverlaySetup.Record(overlay, options, state);
        Cgroup? cgroup = CgroupSetup.Plan(runtime, bundle.Config, options.Id, host);
        CgroupSetup.Record(cgroup, state);
        ResourceClass? rdt = CgroupSetup.Translate(() => ResourceClass.Plan(bundle.Config.Linux?.IntelRdt, options.Id));
        CgroupSetup.Record(rdt, state);
        directory.WriteConfig(bundle.Text);
        directory.WriteState(state); // the intent: delete --force finds the cgroup after a kill (C61)
        diagnostics.Phase("make the cgroup");
        if (overlay is not null)
        {
            rollback.Push("overlay", () => RemoveOverlay(state, directory));
            OverlaySetup.Make(overlay, options, runtime);
        }

        rollback.Push("poststop hooks", () => RunPoststop(bundle, state, diagnostics));
        if (cgroup is not null)
        {
            CgroupSetup.Create(cgroup, bundle.Config, state);
            diagnostics.Debug($"create: cgroup {string.Join(", ", state.CgroupPaths.Values)}");
            rollback.Push("cgroup", () => CgroupSetup.Remove(cgroup, diagnostics));
        }

        if (rdt is not null)
        {
            CgroupSetup.Translate(rdt.Create);
            rollback.Push("class of service", () => ResourceClass.Remove(rdt.Owned));
        }

        diagnostics.Phase("compile the filter, or find it in the cache");
        PlanRequest request = Request(options, bundle, host, cgroup, inherited, runtime, startsAtOnce) with
        {
            Overlay = overlay,
            NotifyDirectory = notify is null ? null : directory.Path + "/" + ContainerDirectory.NotifyDirectory,
        };
        diagnostics.Phase("plan the steps");
        ContainerPlan plan = Planner.Plan(bundle.Config, host, request);
        state.OwnPidNamespace = plan.Namespaces.IsNew(CloneFlags.NewPid);
        state.StartStep = plan.Steps.FindIndex(static step => step.Op is PlanOp.AwaitStart or PlanOp.StatusPage);
        foreach (string warning in plan.Warnings)
        {
            diagnostics.Weaken(warning);
        }

        foreach (string fallback in plan.Fallbacks)
        {
            diagnostics.Fallback(fallback);
        }

        diagnostics.Phase("start the stage");
        using var descriptors = new PlanDescriptors(plan.Descriptors, directory);
        StageProcess stage = Spawn(plan, descriptors, network, cgroup, rdt, host, inherited, state, diagnostics.Tracer);
        rollback.Push("init process", stage.Kill);
        SafeFd? statusPage = descriptors.TakeStatusPage();
        diagnostics.Debug($"create: stage is process {stage.Pid}, {plan.Steps.Count} steps, new namespaces {plan.Namespaces.New}");
        descriptors.Dispose();
        var init = new InitHost(plan, stage, diagnostics)
        {
            OnMounted = pid => OnMounted(pid, plan, cgroup, host, state, diagnostics),
            OnTerminal = terminal.Receive,
            WhileItWorks = state.OverlayLower.Count == 0 ? pid => Prepare(state, pid, directory) : null,
            OnNetwork = (socket, pid) => NetworkDevices.Move(bundle.Config.Linux!.NetDevices!, socket, pid),
            ExplainDeath = () => cgroup?.OomKills() is { Kills: > 0 } report ? report.ToString() : null,
        };
        rollback.Push("container's init", init.Kill);
        diagnostics.Phase("answer the stage until the container is created");
        init.RunUntilReady();
        diagnostics.Phase("write the state");
        Complete(state, init, directory, options);
        rollback.Push("pid file", () => PidFile.Remove(options.PidFile));
        init.Commit();
        diagnostics.Debug($"create: init is process {init.Pid}, and waits for start");
        rollback.Keep();
        cgroup?.Dispose();
        diagnostics.Tracer?.EndPhase();
        return new CreatedContainer(directory, state, init.Pid, init.PidFd, stage, statusPage, bundle);
    }

    /// <summary>What the command line and the machine add to the config.</summary>
    internal static PlanRequest Request(
        CreateOptions options, Bundle bundle, HostFacts host, Cgroup? cgroup, InheritedDescriptors inherited, RuntimeOptions runtime, bool startsAtOnce)
    {
        RuntimeConfig config = bundle.Config;
        string creating = HookState.Template(options.Id, config.OciVersion!, "creating", bundle.Directory, config.Annotations);
        string created = HookState.Template(options.Id, config.OciVersion!, "created", bundle.Directory, config.Annotations);
        return new PlanRequest(options.Id, bundle.Directory)
        {
            Strict = runtime.Diagnostics.IsStrict,
            NoPivot = options.NoPivot,
            StartsAtOnce = startsAtOnce,
            EndsWithParent = options.EndsWithUs,
            NoNewKeyring = options.NoNewKeyring,
            KeepDescriptors = inherited.Count,
            ListenDescriptors = inherited.Listen,
            ListenNames = inherited.ListenNames,
            CgroupHost = cgroup is null ? null : CgroupSetup.Host,
            CgroupPaths = cgroup?.Paths ?? new Dictionary<string, string>(),
            Seccomp = SeccompSetup.Prepare(config, host, creating, runtime.Diagnostics, options.Watch, bundle.Text),
            CreatingState = creating,
            CreatedState = created,
        };
    }

    internal static StateFile NewState(RuntimeOptions runtime, CreateOptions options, Bundle bundle)
    {
        RuntimeConfig config = bundle.Config;
        var state = new StateFile
        {
            Id = options.Id,
            OciVersion = config.OciVersion!,
            Bundle = bundle.Directory,
            Rootfs = Paths.Below(bundle.Directory, config.Root!.Path!),
            Created = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", System.Globalization.CultureInfo.InvariantCulture),
            OwnerUid = Processes.EffectiveUid,
            HasProcess = config.Process is not null,
            HasPoststart = config.Hooks?.Poststart is { Length: > 0 },
            HasPoststop = config.Hooks?.Poststop is { Length: > 0 },
            CgroupDriver = runtime.CgroupDriver,
            NoNewKeyring = options.NoNewKeyring,
        };
        foreach ((string key, string value) in config.Annotations ?? [])
        {
            state.Annotations[key] = value;
        }

        return state;
    }

    /// <summary>The namespace that takes longest, begun before we know anything else of the container (docs/adr/0006).</summary>
    private static NetworkNamespace? BeginNetwork(RuntimeConfig config)
    {
        try
        {
            return ProcessSteps.SpawnFlags(NamespacePlan.From(config)).HasFlag(CloneFlags.NewNet) ? NetworkNamespace.Begin() : null;
        }
        catch (LinuxException e)
        {
            throw CannotStart(e);
        }
    }

    private static StageProcess Spawn(
        ContainerPlan plan, PlanDescriptors descriptors, NetworkNamespace? network, Cgroup? cgroup, ResourceClass? rdt, HostFacts host, InheritedDescriptors inherited, StateFile state, Tracer? tracer)
    {
        SafeFd? into = cgroup?.Open();
        StageProcess stage;
        try
        {
            SafeFd[] opened = descriptors.Open();
            using SafeFd? made = network?.Take();
            stage = StageProcess.Start(plan.Steps, opened, made is null ? plan.SpawnFlags : plan.SpawnFlags & ~CloneFlags.NewNet, into, inherited.Count, tracer, made);
        }
        catch (LinuxException e)
        {
            throw CannotStart(e);
        }

        try
        {
            if (into is null && cgroup is not null)
            {
                CgroupSetup.AddFirst(cgroup, stage.Pid, state);
            }

            rdt?.AddProcess(stage.Pid);

            if (plan.Config.Process?.OomScoreAdj is { } score)
            {
                OomScore.Set(stage.Pid, score, host);
            }

            return stage;
        }
        catch
        {
            stage.Kill();
            throw;
        }
    }

    /// <summary>The error names no step: it is the namespaces, or the cgroup to be born in, or what we need to ask for them.</summary>
    private static ContainerException CannotStart(LinuxException e) => e.Call is "clone3" or "unshare" or "setns"
        ? new(ErrorCode.Namespace, $"/linux/namespaces: cannot start the init process: {e.Message}" + SpawnHint(e.Errno), e) { Place = "/linux/namespaces", Call = e.Call, Errno = e.Errno }
        : new(ErrorCode.Process, "cannot start the init process: " + e.Message, e) { Call = e.Call, Errno = e.Errno };

    private static string SpawnHint(Errno errno) => errno switch
    {
        Errno.EPERM => "; new namespaces need CAP_SYS_ADMIN, or a user namespace in the config (\"ocirun spec --rootless\")",
        Errno.ENOSPC => "; a limit in /proc/sys/user/max_*_namespaces is reached",
        Errno.EAGAIN => "; a limit on processes is reached (pids.max, RLIMIT_NPROC)",
        _ => "",
    };

    private static void OnMounted(int pid, ContainerPlan plan, Cgroup? cgroup, HostFacts host, StateFile state, Diagnostics diagnostics)
    {
        if (cgroup is not null)
        {
            using TraceSpan span = diagnostics.Span("set limits and device rules");
            CgroupSetup.Apply(cgroup, plan.Config, plan.Namespaces.Maps, host, diagnostics);
            diagnostics.Debug("create: limits and device rules are set");
        }

        if (plan.Config.Hooks is { } hooks)
        {
            string text = HookState.Text(state.Id, state.OciVersion, "creating", pid, state.Bundle, plan.Config.Annotations);
            HookRunner.Run(hooks.Prestart, "prestart", text, diagnostics.Tracer);
            HookRunner.Run(hooks.CreateRuntime, "createRuntime", text, diagnostics.Tracer);
            diagnostics.Debug("create: prestart and createRuntime hooks are done");
        }
    }

    private static void Complete(StateFile state, InitHost init, ContainerDirectory directory, CreateOptions options)
    {
        if (!state.IsComplete)
        {
            if (state.OverlayLower.Count > 0)
            {
                state.OverlayMounts.AddRange(RootMounts.TryRead(init.Pid) ?? []);
            }

            Prepare(state, init.Pid, directory);
        }

        directory.PublishState();
        if (options.PidfdSocket is not null)
        {
            PidFdSocket.Send(options.PidfdSocket, init.PidFd, "standard");
        }

        if (options.PidFile is not null)
        {
            PidFile.Write(options.PidFile, init.Pid);
        }
    }

    /// <summary>Writes what is true as soon as the init is ready, and nobody sees before.</summary>
    private static void Prepare(StateFile state, int pid, ContainerDirectory directory)
    {
        state.Pid = pid;
        state.StartTime = Processes.TryStat(pid)?.StartTime
            ?? throw new ContainerException(ErrorCode.InitDied, "the container's init died before it was ready");
        state.IsComplete = true;
        directory.PrepareState(state);
    }

    private static void RemoveOverlay(StateFile state, ContainerDirectory directory)
    {
        if (state.OverlayRemoved is not null)
        {
            OverlayDirectory.Release(state.OverlayRemoved, directory.Fd);
        }
    }

    internal static void RunPoststop(Bundle bundle, StateFile state, Diagnostics diagnostics)
    {
        if (state.HasPoststop)
        {
            string text = HookState.Text(state.Id, state.OciVersion, "stopped", 0, state.Bundle, bundle.Config.Annotations);
            HookRunner.RunAll(bundle.Config.Hooks!.Poststop, "poststop", text, diagnostics);
        }
    }
}
