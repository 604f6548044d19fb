using System.Globalization;
using System.Text;
using OciRun.Linux;

namespace OciRun.Runtime.Security;

/// <summary>Who makes a call.</summary>
/// <param name="Thread">The calling thread.</param>
/// <param name="Process">Its process.</param>
/// <param name="Program">What it calls itself, /proc/PID/comm; "?" when it has gone.</param>
/// <param name="TakesSigsys">SIGSYS would end it: it is neither handled, ignored nor blocked, and it is not the init of a pid namespace, which takes SIGKILL only.</param>
internal sealed record SeccompCaller(int Thread, int Process, string Program, bool TakesSigsys)
{
    private const int SigKill = 9, SigSys = 31;

    /// <summary>As /proc/PID/status has it; of a process that has gone, as far as it goes.</summary>
    internal static SeccompCaller Read(int thread)
    {
        string status = "";
        try
        {
            status = Encoding.UTF8.GetString(Files.ReadAll(string.Create(CultureInfo.InvariantCulture, $"/proc/{thread}/status")));
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ESRCH)
        {
            // gone, as the question whether it waits will show
        }

        string numbers = Field(status, "NSpid");
        bool isInit = numbers.EndsWith("\t1", StringComparison.Ordinal) || numbers == "1";
        bool isDefault = !Has(status, "SigBlk") && !Has(status, "SigIgn") && !Has(status, "SigCgt");
        return new SeccompCaller(thread, int.TryParse(Field(status, "Tgid"), NumberStyles.None, CultureInfo.InvariantCulture, out int process) ? process : thread,
            Field(status, "Name") is { Length: > 0 } name ? name : "?", isDefault && !isInit);
    }

    /// <summary>Ends it, as nearly as the filter would have as another process can.</summary>
    internal void End()
    {
        // To the thread: it takes the signal before it is back in the program. The default action of SIGSYS ends the whole process.
        _ = TakesSigsys ? Processes.TryKillThread(Process, Thread, SigSys) : Processes.TryKill(Process, SigKill);
    }

    private static bool Has(string status, string field) =>
        ulong.TryParse(Field(status, field), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong mask) && (mask & (1ul << (SigSys - 1))) != 0;

    private static string Field(string status, string name)
    {
        int at = status.StartsWith(name + ":\t", StringComparison.Ordinal) ? 0 : status.IndexOf($"\n{name}:\t", StringComparison.Ordinal) + 1;
        if (at == 0 && !status.StartsWith(name + ":\t", StringComparison.Ordinal))
        {
            return "";
        }

        int begin = at + name.Length + 2, end = status.IndexOf('\n', begin);
        return end < 0 ? status[begin..] : status[begin..end];
    }
}
