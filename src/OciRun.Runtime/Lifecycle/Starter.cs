using OciRun.Linux;
using OciRun.Runtime.Hooks;
using OciRun.Runtime.Init;
using OciRun.Runtime.State;
using OciRun.Spec;

namespace OciRun.Runtime.Lifecycle;

/// <summary>
/// ocirun start: tells the waiting init to go on, and learns what became of it. The init hands over a page of memory before it goes; when its end of the socket closes,
/// it has executed the program or has died, and the page says which.
/// </summary>
public static class Starter
{
    /// <summary>Lets the program run; returns when it has been executed and the poststart hooks are done.</summary>
    /// <exception cref="ContainerException">Not created, or already running (S19); execve failed; a startContainer or poststart hook failed (the container is destroyed then, S15, S16).</exception>
    public static void Start(RuntimeOptions runtime, string id)
    {
        using ContainerDirectory directory = StateStore.Open(runtime.Root, id, exclusive: true);
        StateFile state = directory.ReadState();
        if (!state.IsComplete || !ContainerStatus.IsAlive(state))
        {
            throw new ContainerException(ErrorCode.ContainerNotCreated, $"cannot start a container that has stopped: {Quoting.Quote(id)}");
        }

        if (ContainerStatus.IsPaused(state))
        {
            // Its init would not answer.
            throw new ContainerException(ErrorCode.ContainerPaused, $"cannot start a paused container: {Quoting.Quote(id)}; resume it first");
        }

        using NotifySocket? notify = NotifySocket.Bind(directory, state);
        try
        {
            Start(runtime, directory, state);
        }
        catch (ContainerException e) when (e.Code == ErrorCode.Hook)
        {
            Runner.DestroyAfterFailure(directory, state, runtime.Diagnostics); // S15, S16: stop the container, go on at destroy
            throw;
        }

        notify?.Forward(state);
    }

    /// <summary>The same, for a container whose directory and lock are ours; after a failure the caller destroys it.</summary>
    internal static void Start(RuntimeOptions runtime, ContainerDirectory directory, StateFile state)
    {
        if (!state.HasProcess)
        {
            throw new ContainerException(ErrorCode.InvalidConfig, "/process: process not set: there is no program to start") { Place = "/process" };
        }

        runtime.Diagnostics.Phase("let the init go on, until it has executed the program");
        using (SafeFd socket = Connect(directory, state))
        {
            Trigger(socket, directory, state);
        }

        runtime.Diagnostics.Tracer?.Executed();
        runtime.Diagnostics.Debug($"start: process {state.Pid} runs the program");

        if (state.HasPoststart)
        {
            RunPoststart(directory, state, runtime.Diagnostics);
        }
    }

    /// <summary>The end of run's creation: the init has gone on by itself, and its end of our socket closes when it has executed the program.</summary>
    internal static void Finish(RuntimeOptions runtime, CreatedContainer container, SafeFd page)
    {
        CheckPage(StatusPage.ReadAtTheEnd(container.Stage!.Connection, page), container.Directory, container.State);
        runtime.Diagnostics.Tracer?.Executed();
        if (container.State.HasPoststart)
        {
            RunPoststart(container.Directory, container.State, runtime.Diagnostics);
        }
    }

    private static SafeFd Connect(ContainerDirectory directory, StateFile state)
    {
        SafeFd? socket = Sockets.TryConnectIn(directory.Fd, ContainerDirectory.StartSocket, UnixSocketType.SeqPacket, out Errno errno);
        if (socket is not null)
        {
            return socket;
        }

        throw ContainerStatus.IsAlive(state)
            ? AlreadyRunning(errno)
            : new ContainerException(ErrorCode.ContainerNotCreated, "cannot start a container that has stopped") { Call = "connect", Errno = errno };
    }

    private static ContainerException AlreadyRunning(Errno errno) =>
        new(ErrorCode.ContainerNotCreated, "cannot start an already running container") { Call = "connect", Errno = errno };

    private static void Trigger(SafeFd socket, ContainerDirectory directory, StateFile state)
    {
        Span<byte> answer = stackalloc byte[1];
        if (Sockets.TrySend(socket, "G"u8) != Errno.None || Receive(socket, answer) is not { Descriptor: { } page })
        {
            // Another start's word may have come first: that one died before it could give back the lock.
            throw ContainerStatus.IsAlive(state)
                ? AlreadyRunning(Errno.ECONNREFUSED)
                : new ContainerException(ErrorCode.InitDied, "the container's init died before it could start the program");
        }

        using (page)
        {
            while (Receive(socket, answer).Length > 0)
            {
                // only the end of file says that it has happened
            }

            CheckPage(StatusPage.Read(page), directory, state);
        }
    }

    private static ReceivedMessage Receive(SafeFd socket, Span<byte> buffer)
    {
        try
        {
            return Sockets.Receive(socket, buffer);
        }
        catch (LinuxException e) when (e.Errno == Errno.ECONNRESET)
        {
            return default;
        }
    }

    private static void CheckPage(StatusPage page, ContainerDirectory directory, StateFile state)
    {
        switch (page.State)
        {
            case StatusPage.Executed:
                return;
            case StatusPage.Failed:
                throw StageErrors.Explain(FailedStep(page, directory, state), page.Detail, page.Errno, page.Text);
            default:
                throw new ContainerException(ErrorCode.InitDied, "the container's init died before it could execute the program");
        }
    }

    /// <summary>The plan is gone with create; what can fail from here on is little, and its place in config.json is found again in the copy.</summary>
    private static PlanStep FailedStep(StatusPage page, ContainerDirectory directory, StateFile state)
    {
        RuntimeConfig config = ConfigReader.Read(directory.ReadConfig());
        int after = page.Step - state.StartStep - 1;
        return page.Op switch
        {
            PlanOp.Hook when config.Hooks?.StartContainer is { } hooks && (uint)after < (uint)hooks.Length => new PlanStep(PlanOp.Hook)
            {
                Place = $"/hooks/startContainer/{after}",
                What = $"run the startContainer hook {Quoting.Quote(hooks[after].Path!)}",
                N0 = (uint)(hooks[after].Timeout ?? 0),
            },
            PlanOp.Exec => new PlanStep(PlanOp.Exec) { S0 = config.Process?.Args, Place = "/process/args" },
            PlanOp.Seccomp => new PlanStep(PlanOp.Seccomp) { Place = "/linux/seccomp", What = "load the system call filter" },
            PlanOp.ResourceLimit => new PlanStep(PlanOp.ResourceLimit) { Place = "/process/rlimits", What = "set the limits" },
            var op => new PlanStep(op) { What = op.ToString() },
        };
    }

    private static void RunPoststart(ContainerDirectory directory, StateFile state, Diagnostics diagnostics)
    {
        RuntimeConfig config = ConfigReader.Read(directory.ReadConfig());
        string text = HookState.Text(state.Id, state.OciVersion, ContainerStatus.Running, state.Pid, state.Bundle, state.Annotations);
        HookRunner.Run(config.Hooks?.Poststart, "poststart", text, diagnostics.Tracer);
    }
}
