using System.Buffers.Text;

namespace OciRun.Linux;

/// <summary>Some fields of /proc/PID/stat, proc_pid_stat(5).</summary>
/// <param name="State">R, S, D, Z, T, ...</param>
/// <param name="StartTime">Clock ticks since boot: with the pid, the identity of a process.</param>
/// <param name="Flags">PF_* of the kernel's sched.h, of the first thread.</param>
/// <param name="Threads">The first one counts until all have ended.</param>
public readonly record struct ProcessStat(char State, ulong StartTime, uint Flags, int Threads)
{
    private const uint Exiting = 4; // PF_EXITING

    /// <summary>It has ended, though it may not have been waited for. Where only the first thread has, the process goes on.</summary>
    public bool IsDead => State is 'Z' or 'X' or 'x' && Threads <= 1;

    /// <summary>It is within exit(2), or was killed and is: its descriptors are closed before it shows as dead.</summary>
    public bool IsEnding => (Flags & Exiting) != 0 && Threads <= 1;

    /// <summary>Parses the line. The name in parentheses may hold anything: fields are counted from the last parenthesis.</summary>
    internal static ProcessStat? Parse(ReadOnlySpan<byte> line)
    {
        int close = line.LastIndexOf((byte)')');
        if (close < 0 || close + 2 >= line.Length)
        {
            return null;
        }

        ReadOnlySpan<byte> rest = line[(close + 2)..];
        char state = (char)rest[0];
        ulong flags = 0, threads = 0;
        for (int field = 3; field < 22; field++)
        {
            int space = rest.IndexOf((byte)' ');
            if (space < 0)
            {
                return null;
            }

            rest = rest[(space + 1)..];
            if ((field == 8 && !Utf8Parser.TryParse(rest, out flags, out _)) || (field == 19 && !Utf8Parser.TryParse(rest, out threads, out _)))
            {
                return null;
            }
        }

        return Utf8Parser.TryParse(rest, out ulong startTime, out _) ? new ProcessStat(state, startTime, (uint)flags, (int)threads) : null;
    }
}
