using OciRun.Cgroups;
using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Runtime.Planning;
using OciRun.Runtime.State;
using OciRun.Spec;

namespace OciRun.Runtime.Lifecycle;

/// <summary>ocirun exec: another process in a container. It has the container's namespaces, root, cgroup, filter, labels and limits, and nothing of ours.</summary>
public static class Executor
{
    /// <summary>Runs it; in the foreground returns its exit code, detached 0 once it runs.</summary>
    /// <exception cref="ContainerException">The container does not run or is paused; the process is not described well; a step failed. Nothing is left of the process then.</exception>
    public static int Exec(RuntimeOptions runtime, ExecOptions options)
    {
        Diagnostics diagnostics = runtime.Diagnostics;
        diagnostics.Phase("read the state and the config");
        using ContainerDirectory directory = StateStore.Open(runtime.Root, options.Id, exclusive: false);
        StateFile state = directory.ReadState();
        using SafeFd init = ContainerStatus.OpenRunning(state) ?? throw NotRunning();
        using Cgroup? cgroup = FindCgroup(state, options, out bool frozen);
        RuntimeConfig config = ReadConfig(directory, options);
        if (state.HasTimeNamespace && config.Linux is { Namespaces: { } known } && !Array.Exists(known, static one => one.Type == "time"))
        {
            config.Linux.Namespaces = [.. known, new LinuxNamespace { Type = "time" }];
        }

        using var terminal = new TerminalReceiver(options.ConsoleSocket, options.Detach);
        terminal.Check(config.Process!.Terminal);
        InheritedDescriptors inherited = InheritedDescriptors.TakePreserved(options.PreserveFds);

        using var rollback = new Rollback(diagnostics);
        diagnostics.Phase("look at the host and plan the steps");
        HostFacts host = HostFacts.Gather(config);
        ContainerPlan plan = ExecPlanner.Plan(config, host, Request(config, host, state, inherited, diagnostics), init, state.Pid);
        foreach (string warning in plan.Warnings)
        {
            diagnostics.Weaken(warning);
        }

        diagnostics.Phase("start the stage");
        using var descriptors = new PlanDescriptors(plan.Descriptors, directory);
        int fallback = options.Cgroups.Count == 0 ? state.Pid : 0;
        using StageProcess stage = ExecSpawn.Start(plan, descriptors.Open(), cgroup, fallback, frozen, inherited.Count, diagnostics.Tracer);
        rollback.Push("process", stage.Kill);
        if (state.RdtTasks is { } tasks)
        {
            CgroupSetup.Translate(() => ResourceClass.AddProcess(tasks, stage.Pid));
        }

        if (config.Process.OomScoreAdj is { } score)
        {
            OomScore.Set(stage.Pid, score, host);
        }

        using SafeFd page = descriptors.TakeStatusPage()!;
        descriptors.Dispose();
        diagnostics.Debug($"exec: stage is process {stage.Pid}, {plan.Steps.Count} steps, joins process {state.Pid}");
        var process = new InitHost(plan, stage, diagnostics)
        {
            Name = "the process",
            OnMounted = static _ => { },
            OnTerminal = terminal.Receive,
            ExplainDeath = () => cgroup?.OomKills() is { Kills: > 0 } report ? report.ToString() : null,
        };
        rollback.Push("process", process.Kill);
        diagnostics.Phase("answer the stage until the program is executed");
        process.RunUntilReady();
        if (!ContainerStatus.IsAlive(state))
        {
            // What was found by its number (/proc/PID/root, /proc/PID/cgroup) may have been that of another process.
            throw NotRunning();
        }

        Announce(process, options);
        rollback.Push("pid file", () => PidFile.Remove(options.PidFile));
        process.Commit();
        Finish(plan, stage, page);
        diagnostics.Tracer?.Executed();
        diagnostics.Phase("the program runs");
        diagnostics.Debug($"exec: process {process.Pid} runs the program");
        rollback.Keep();
        return options.Detach ? 0 : Foreground.Wait(process.Pid, process.PidFd, terminal.Master, [], stays: diagnostics.Tracer is not null);
    }

    private static ContainerException NotRunning() => new(ErrorCode.ContainerNotRunning, "cannot exec in a stopped container");

    private static Cgroup? FindCgroup(StateFile state, ExecOptions options, out bool frozen)
    {
        Cgroup? cgroup = CgroupSetup.Of(state);
        frozen = cgroup is { IsFrozen: true };
        if (!frozen && options.Cgroups.Count == 0)
        {
            return cgroup;
        }

        cgroup?.Dispose();
        return !frozen || options.IgnorePaused
            ? CgroupSetup.Translate(() => Cgroup.Below(state.CgroupPaths, options.Cgroups))
            : throw new ContainerException(ErrorCode.ContainerPaused, "cannot exec in a paused container (use --ignore-paused to override)");
    }

    /// <summary>The copy that create has made, with the process to run in place of its own.</summary>
    private static RuntimeConfig ReadConfig(ContainerDirectory directory, ExecOptions options)
    {
        RuntimeConfig config = ConfigReader.ReadForExec(directory.ReadConfig());
        string? file = options.ProcessFile;
        if (file is null && options.Changes.Args.Count == 0)
        {
            throw new ContainerException(ErrorCode.Usage, "process args cannot be empty: name a program after the container's id, or give --process");
        }

        byte[] text = file is null ? [] : ReadProcess(file);
        try
        {
            Process process = file is null ? options.Changes.Apply(config.Process) : ProcessChanges.Complete(ConfigReader.ReadProcess(text), config.Process);
            IReadOnlyList<Finding> findings = ConfigValidator.ValidateProcess(process, config);
            if (ConfigValidator.HasFaults(findings))
            {
                throw new InvalidConfigException(file is null ? findings : ConfigReader.WithPositions(text, findings));
            }

            config.Process = process;
            return config;
        }
        catch (InvalidConfigException e)
        {
            string where = file is null ? "" : file + ": ";
            throw new ContainerException(ErrorCode.InvalidConfig, Quoting.Escape(where + e.Message), e) { Place = e.Findings.Count > 0 ? e.Findings[0].Path : null };
        }
    }

    private static byte[] ReadProcess(string file)
    {
        try
        {
            return Files.ReadAll(file);
        }
        catch (LinuxException e)
        {
            throw new ContainerException(ErrorCode.ConfigMissing, $"cannot read --process {Quoting.Quote(file)}: {e.Message}", e) { Call = e.Call, Errno = e.Errno };
        }
    }

    private static PlanRequest Request(RuntimeConfig config, HostFacts host, StateFile state, InheritedDescriptors inherited, Diagnostics diagnostics)
    {
        // A seccomp agent is told of a process of a running container (S192).
        string running = HookState.Text(state.Id, state.OciVersion, ContainerStatus.Running, state.Pid, state.Bundle, config.Annotations);
        return new PlanRequest(state.Id, state.Bundle)
        {
            JoinsContainer = true,
            StartsAtOnce = true,
            NoNewKeyring = state.NoNewKeyring,
            KeepDescriptors = inherited.Count,
            CgroupPaths = state.CgroupPaths,
            Seccomp = SeccompSetup.Prepare(config, host, running, diagnostics),
            CreatingState = running,
            CreatedState = running,
        };
    }

    private static void Announce(InitHost process, ExecOptions options)
    {
        if (options.PidfdSocket is not null)
        {
            PidFdSocket.Send(options.PidfdSocket, process.PidFd, "setns");
        }

        if (options.PidFile is not null)
        {
            PidFile.Write(options.PidFile, process.Pid);
        }
    }

    /// <summary>The stage's end of the socket closes when it has executed the program, or has failed to.</summary>
    private static void Finish(ContainerPlan plan, StageProcess stage, SafeFd page)
    {
        StatusPage status = StatusPage.ReadAtTheEnd(stage.Connection, page);
        switch (status.State)
        {
            case StatusPage.Executed:
                return;
            case StatusPage.Failed when (uint)status.Step < (uint)plan.Steps.Count:
                throw StageErrors.Explain(plan.Steps[status.Step], status.Detail, status.Errno, status.Text);
            default:
                throw new ContainerException(ErrorCode.InitDied, "the process died before it could execute the program");
        }
    }
}
