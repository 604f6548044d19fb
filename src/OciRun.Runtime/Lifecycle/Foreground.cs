using OciRun.Linux;
using OciRun.Runtime.Init;

namespace OciRun.Runtime.Lifecycle;

/// <summary>run and exec without --detach: we stay with the program, pass signals on to it, and relay its terminal.</summary>
internal static class Foreground
{
    /// <summary>After this time a program is taken for a long-lived one, and the small native waiter takes our place.</summary>
    private const int PatienceMilliseconds = 1000;

    /// <summary>Waits for the program and returns its exit code (C70), or becomes the waiter and never returns.</summary>
    /// <param name="pid">A child of ours.</param>
    /// <param name="pidfd">The same.</param>
    /// <param name="master">Its terminal, or null.</param>
    /// <param name="cleanUp">The command of ours that the waiter runs in the end; empty: none.</param>
    /// <param name="stays">There is more to do in the end than that: we wait ourselves.</param>
    internal static int Wait(int pid, SafeFd pidfd, SafeFd? master, string[] cleanUp, bool stays)
    {
        if (stays)
        {
            return WaitStatus.ExitCode(InitStage.WaitForeground(pid, pidfd, timeoutMilliseconds: -1, master)!.Value);
        }

        int? status = master is null ? InitStage.WaitForeground(pid, pidfd, PatienceMilliseconds, master) : null; // a terminal is relayed by the waiter from the start
        return WaitStatus.ExitCode(status ?? Waiter.Become(StageProcess.Executable, pid, pidfd, master, cleanUp));
    }
}
