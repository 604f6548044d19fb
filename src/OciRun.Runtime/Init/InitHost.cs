using System.Globalization;
using System.Text;
using OciRun.Linux;
using OciRun.Runtime.Planning;
using OciRun.Runtime.Tracing;

namespace OciRun.Runtime.Init;

/// <summary>
/// The parent's side of the conversation with the stage (STAGE.md, The protocol): answers what it asks until it is ready, and knows what to say when it dies.
/// What needs the rest of the life cycle comes in as functions.
/// </summary>
internal sealed class InitHost(ContainerPlan plan, StageProcess stage, Diagnostics diagnostics)
{
    private bool _born = !plan.Forks;

    /// <summary>The init process; the first process of the stage, unless that has forked.</summary>
    internal int Pid { get; private set; } = stage.Pid;

    internal SafeFd PidFd { get; private set; } = stage.PidFd;

    /// <summary>For messages.</summary>
    internal string Name { get; init; } = "the container's init";

    /// <summary>After the mounts: limits, device rules, hooks of the runtime.</summary>
    internal required Action<int> OnMounted { get; init; }

    /// <summary>The terminal's master.</summary>
    internal required Action<SafeFd, string> OnTerminal { get; init; }

    /// <summary>What can be done while the init, whose number is known then, works. Not called where that is not known at first.</summary>
    internal Action<int>? WhileItWorks { get; init; }

    /// <summary>A netlink socket of the network namespace of the init, whose pid comes with it: for moving devices there.</summary>
    internal Action<SafeFd, int>? OnNetwork { get; init; }

    /// <summary>Why it may have died without a word.</summary>
    internal required Func<string?> ExplainDeath { get; init; }

    /// <summary>Lets the stage go and answers it until the container is ready to be started.</summary>
    /// <exception cref="ContainerException">A step failed, or the stage died.</exception>
    internal void RunUntilReady()
    {
        stage.Connection.Send(StageMessageType.Go);
        if (!plan.WaitsAfterMounts)
        {
            OnMounted(Pid);
        }

        if (_born)
        {
            WhileItWorks?.Invoke(Pid);
        }

        while (Next() is { Type: not StageMessageType.Ready } message)
        {
            Answer(message);
        }
    }

    /// <summary>From now on the init lives without us.</summary>
    internal void Commit() => stage.Connection.Send(StageMessageType.Commit, Pid.ToString(CultureInfo.InvariantCulture));

    /// <summary>Ends and reaps it.</summary>
    internal void Kill()
    {
        _ = Processes.TrySignal(PidFd, 9);
        _ = Processes.Wait(Pid);
    }

    private StageMessage Next()
    {
        // The pidfd beside the socket: a helper that hangs, with its end of the socket open, must not hide the init's death. Before the init is born the first
        // process may end with its work done, so that only the socket counts.
        ReadOnlySpan<SafeFd> watched = _born ? [stage.Connection.Socket, PidFd] : [stage.Connection.Socket];
        int ready = Processes.WaitReadable(watched, -1);
        // poll(2) looks at one descriptor after the other: an init that speaks and dies in between shows as dead only, with its last words waiting in the socket.
        bool speaks = ready == 0 || Processes.WaitReadable([stage.Connection.Socket], 0) == 0;
        if (speaks && stage.Connection.Receive() is { } message)
        {
            return message;
        }

        throw Died();
    }

    private void Answer(StageMessage message)
    {
        diagnostics.Debug($"stage: process {message.SenderPid} says {message.Type}");
        using TraceSpan span = diagnostics.Tracer is null ? default : diagnostics.Tracer.Begin("answer the stage: " + message.Type);
        switch (message.Type)
        {
            case StageMessageType.Map:
                IdMapWriter.Write(message.SenderPid, plan.Namespaces.Maps!);
                stage.Connection.Send(StageMessageType.Mapped);
                break;
            case StageMessageType.Born:
                Adopt(message.SenderPid);
                if (!plan.Steps[message.Step].Flags.HasFlag(StepFlags.BornGoesOn))
                {
                    stage.Connection.Send(StageMessageType.Go);
                }

                break;
            case StageMessageType.Mounted:
                OnMounted(Pid);
                stage.Connection.Send(StageMessageType.Hooked);
                break;
            case StageMessageType.Netsock:
                OnNetwork!(message.Descriptor!, Pid);
                stage.Connection.Send(StageMessageType.Go);
                break;
            case StageMessageType.Pty:
                OnTerminal(message.Descriptor!, message.Text);
                stage.Connection.Send(StageMessageType.Go);
                break;
            case StageMessageType.Passwd:
                stage.Connection.Send(StageMessageType.Home, "HOME=" + PasswdFile.HomeOf(message.Descriptor, plan.Config.Process?.User?.Uid ?? 0));
                message.Descriptor?.Dispose();
                break;
            case StageMessageType.Limits:
                RaiseLimits();
                RunHostSteps();
                stage.Connection.Send(StageMessageType.Limited);
                break;
            case StageMessageType.Warn:
                diagnostics.Weaken(StageErrors.Explain(plan.Steps[message.Step], message.Detail, message.Errno, message.Text).Message);
                break;
            case StageMessageType.Fail:
                throw Failed(message);
            default:
                throw new ContainerException(ErrorCode.Internal, $"the init stage sent an unexpected message ({message.Type})");
        }
    }

    /// <summary>The init was made by a second fork: it is our child too (CLONE_PARENT), and the first process has done its work.</summary>
    private void Adopt(int pid)
    {
        Pid = pid;
        diagnostics.Tracer?.Born(pid);
        PidFd = Processes.TryOpenPidFd(pid, out _) ?? throw Died();
        _ = Processes.Wait(stage.Pid);
        _born = true;
        CheckJoinedMaps();
    }

    /// <summary>
    /// Engines give the mappings beside the path of a user namespace to join. Ids of the config were checked and given to files by them, so that they must be the
    /// namespace's own (S125).
    /// </summary>
    private void CheckJoinedMaps()
    {
        if (plan.Namespaces.Maps is { } maps && plan.Namespaces.JoinedOf(CloneFlags.NewUser) is { } joined)
        {
            string process = string.Create(CultureInfo.InvariantCulture, $"/proc/{Pid}/");
            CheckMap(process + "uid_map", maps.Uids, "/linux/uidMappings", joined);
            CheckMap(process + "gid_map", maps.Gids, "/linux/gidMappings", joined);
        }
    }

    private static void CheckMap(string file, Spec.IdMapping[] wanted, string place, JoinedNamespace joined)
    {
        string text = Encoding.ASCII.GetString(Files.ReadAll(file));
        Spec.IdMapping[] real = IdMaps.Parse(text);
        if (!IdMaps.Same(real, wanted))
        {
            throw new ContainerException(
                ErrorCode.IdMapping,
                $"{place}: is not the mapping of the user namespace to join, {Quoting.Quote(joined.Path)}, which is {Quoting.Quote(IdMaps.Lines(real).Trim())} " +
                "(first id inside, first id outside, size): give the same, or none")
            { Place = place };
        }
    }

    private void RaiseLimits()
    {
        foreach ((int resource, Spec.Rlimit limit, string place) in plan.RaisedLimits)
        {
            Errno errno = Processes.TrySetLimit(Pid, resource, limit.Soft, limit.Hard);
            if (errno != Errno.None)
            {
                throw new ContainerException(
                    ErrorCode.Process,
                    $"{place}: set {limit.Type} to {limit.Soft}:{limit.Hard}: prlimit: {ErrnoText.Describe(errno)}; raising a hard limit needs CAP_SYS_RESOURCE")
                { Place = place, Call = "prlimit", Errno = errno };
            }
        }
    }

    private void RunHostSteps()
    {
        foreach (PlanStep step in plan.HostSteps)
        {
            // It leads its process group since setsid(2).
            Errno errno = step.Op == PlanOp.Scheduler ? Processes.TrySetScheduler(Pid, (byte[])step.S0!) : Processes.TrySetIoPriority(Pid, step.N0);
            if (errno != Errno.None)
            {
                throw StageErrors.Explain(step, StageFailure.Call, errno, "");
            }
        }
    }

    private ContainerException Failed(StageMessage message) => (uint)message.Step < (uint)plan.Steps.Count
        ? StageErrors.Explain(plan.Steps[message.Step], message.Detail, message.Errno, message.Text)
        : new ContainerException(ErrorCode.Internal, $"the init stage failed outside its plan: {ErrnoText.Describe(message.Errno)} {Quoting.Escape(message.Text)}");

    private ContainerException Died()
    {
        string status = Processes.Wait(Pid) is { } wait ? ": " + WaitStatus.Describe(wait) : "";
        string? why = ExplainDeath();
        return why is null
            ? new ContainerException(ErrorCode.InitDied, Name + " died before it was ready" + status)
            : new ContainerException(ErrorCode.OutOfMemory, Name + " died before it was ready" + status + ": " + why);
    }
}
