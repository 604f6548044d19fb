using System.Globalization;
using System.Text;
using OciRun.Linux;

namespace OciRun.Runtime.Security;

/// <summary>Who makes a call.</summary>
/// <param name="Thread">The calling thread.</param>
/// <param name="Process">Its process; the thread, where /proc does not say.</param>
/// <param name="PidFd">The same; null: it has gone, or /proc does not say.</param>
/// <param name="Program">What it calls itself, /proc/PID/comm; "?" where /proc does not say.</param>
/// <param name="TakesSigsys">SIGSYS would end it: it is neither handled, ignored nor blocked, and it is not of the init of a pid namespace, which takes SIGKILL only.</param>
internal sealed record SeccompCaller(int Thread, int Process, SafeFd? PidFd, string Program, bool TakesSigsys) : IDisposable
{
    private const int SigKill = 9, SigSys = 31;

    /// <summary>How long a process may need to end of a signal, in milliseconds: then it has seen to it that it does not.</summary>
    private const int Patience = 1000;

    /// <summary>As /proc/PID/status has it; of a process that has gone, as far as it goes.</summary>
    internal static SeccompCaller Read(int thread)
    {
        string status = Status(thread);
        int process = int.TryParse(Field(status, "Tgid"), NumberStyles.None, CultureInfo.InvariantCulture, out int known) ? known : thread;
        string numbers = Field(status, "NStgid"); // of the process: NSpid is the thread's own, which is 1 for the first only
        bool isInit = numbers.EndsWith("\t1", StringComparison.Ordinal) || numbers == "1";
        bool isDefault = status.Length > 0 && !Has(status, "SigBlk") && !Has(status, "SigIgn") && !Has(status, "SigCgt");
        return new SeccompCaller(thread, process, Processes.TryOpenPidFd(process, out _), Field(status, "Name") is { Length: > 0 } name ? name : "?", isDefault && !isInit);
    }

    /// <summary>Ends it, as nearly as the filter would have as another process can. True: with SIGKILL, else with SIGSYS, and <see cref="Ensure"/> is to be asked.</summary>
    /// <exception cref="LinuxException">It cannot be ended.</exception>
    internal bool End()
    {
        if (TakesSigsys && PidFd is { } pidfd)
        {
            // To the thread: it takes the signal before it is back in the program. The default action of SIGSYS ends the whole process.
            var errno = Thread == Process ? Processes.TrySignal(pidfd, SigSys) : Processes.TryKillThread(Process, Thread, SigSys);
            if (errno == Errno.None)
            {
                return false;
            }
        }

        Kill();
        return true;
    }

    /// <summary>After SIGSYS and the answer: whether it needed SIGKILL, as another thread of it has taken to handle or ignore SIGSYS in the meantime.</summary>
    /// <exception cref="LinuxException">As <see cref="End"/>.</exception>
    internal bool Ensure()
    {
        if (Processes.WaitReadable([PidFd!], Patience) >= 0 || Field(Status(Process), "CoreDumping") == "1")
        {
            return false;
        }

        Kill();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => PidFd?.Dispose();

    // Without a descriptor by the number of the thread: SIGKILL is for its process all the same.
    private void Kill()
    {
        var errno = PidFd is { } pidfd ? Processes.TrySignal(pidfd, SigKill) : Processes.TryKill(Thread, SigKill);
        if (errno is not (Errno.None or Errno.ESRCH))
        {
            throw new LinuxException("kill", string.Create(CultureInfo.InvariantCulture, $"{Process}, SIGKILL"), errno);
        }
    }

    /// <summary>/proc/PID/status, with a line feed before each line; empty where /proc does not say.</summary>
    private static string Status(int process)
    {
        try
        {
            return "\n" + Encoding.UTF8.GetString(Files.ReadAll(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/status")));
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ESRCH or Errno.EPERM or Errno.EACCES)
        {
            return ""; // gone, as the question whether it waits will show; or hidden (hidepid= of proc(5))
        }
    }

    private static bool Has(string status, string field) =>
        ulong.TryParse(Field(status, field), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong mask) && (mask & (1ul << (SigSys - 1))) != 0;

    private static string Field(string status, string name)
    {
        string key = $"\n{name}:\t";
        int at = status.IndexOf(key, StringComparison.Ordinal);
        if (at < 0)
        {
            return "";
        }

        int begin = at + key.Length, end = status.IndexOf('\n', begin);
        return end < 0 ? status[begin..] : status[begin..end];
    }
}
