using System.Globalization;
using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Runtime.State;

namespace OciRun.Runtime.Lifecycle;

/// <summary>ocirun run: create, start, and in the foreground wait and delete.</summary>
public static class Runner
{
    /// <summary>What a filter ends a process with.</summary>
    private const int SigSys = 31;

    /// <summary>Creates and starts; in the foreground waits, deletes (unless <paramref name="keep"/>) and returns the program's exit code; detached returns 0.</summary>
    /// <exception cref="ContainerException">Nothing of the container is left then.</exception>
    public static int Run(RuntimeOptions runtime, CreateOptions options, bool detach, bool keep)
    {
        if (!detach)
        {
            Processes.BecomeSubreaper();
        }

        using var terminal = new TerminalReceiver(options.ConsoleSocket, detach);
        using CreatedContainer container = Creator.Create(runtime, options, terminal, startsAtOnce: !NotifySocket.IsWanted);
        options.Watch?.Start(container.Pid, container.PidFd);
        try
        {
            Start(runtime, container);
        }
        catch
        {
            DestroyAfterFailure(container.Directory, container.State, runtime.Diagnostics);
            options.Watch?.End();
            throw;
        }

        return detach ? 0 : Wait(runtime, options, container, terminal.Master, keep);
    }

    /// <summary>
    /// For who goes on after the program: creates, starts and waits. Signals are not passed on: they end us, and the container with us. It stays, to be looked at and deleted.
    /// </summary>
    /// <returns>The program's exit code, and the same in words.</returns>
    /// <exception cref="ContainerException">Nothing of the container is left then.</exception>
    public static (int Code, string Words) RunToEnd(RuntimeOptions runtime, CreateOptions options)
    {
        using var terminal = new TerminalReceiver(options.ConsoleSocket, detached: true);
        using CreatedContainer container = Creator.Create(runtime, options with { EndsWithUs = true }, terminal, startsAtOnce: true);
        try
        {
            Start(runtime, container);
        }
        catch
        {
            DestroyAfterFailure(container.Directory, container.State, runtime.Diagnostics);
            throw;
        }

        _ = Processes.WaitReadable([container.PidFd], -1);
        int status = Processes.Wait(container.Pid)
            ?? throw new ContainerException(ErrorCode.Internal, $"process {container.Pid} of the container ended, and somebody else has taken its status");
        return (WaitStatus.ExitCode(status), WaitStatus.Describe(status));
    }

    private static void Start(RuntimeOptions runtime, CreatedContainer container)
    {
        runtime.Diagnostics.Phase("start the program");
        if (container.StatusPage is not null)
        {
            Starter.Finish(runtime, container, container.StatusPage);
            return;
        }

        // Our notify socket has to be there before the program is: the init waits for a start, as after create.
        using NotifySocket? notify = NotifySocket.Bind(container.Directory, container.State);
        Starter.Start(runtime, container.Directory, container.State);
        notify?.Forward(container.State);
    }

    /// <summary>In the foreground: waits for the end, and deletes.</summary>
    internal static int Wait(RuntimeOptions runtime, CreateOptions options, CreatedContainer container, SafeFd? master, bool keep)
    {
        string[] delete = keep ? [] : ["ocirun", "--root", runtime.Root, "delete", "--force", "--init", container.Pid.ToString(CultureInfo.InvariantCulture), options.Id];
        runtime.Diagnostics.Phase("the program runs");
        int code = Foreground.Wait(container.Pid, container.PidFd, master, delete, stays: runtime.Diagnostics.Tracer is not null || options.Watch is not null);
        if (!keep)
        {
            runtime.Diagnostics.Phase("delete the container");
            Deleter.Destroy(container.Directory, container.State, runtime.Diagnostics);
        }

        options.Watch?.Finish();
        return options.Watch is { HasEndedInit: true } ? 128 + SigSys : code;
    }

    internal static void DestroyAfterFailure(ContainerDirectory directory, StateFile state, Diagnostics diagnostics)
    {
        try
        {
            Deleter.Destroy(directory, state, diagnostics);
        }
        catch (Exception e) when (e is ContainerException or LinuxException)
        {
            diagnostics.Warn("while cleaning up: " + e.Message); // the first failure is the one to tell
        }
    }
}
