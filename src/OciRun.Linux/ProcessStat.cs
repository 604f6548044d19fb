using System.Buffers.Text;

namespace OciRun.Linux;

/// <summary>Two fields of /proc/PID/stat, proc_pid_stat(5).</summary>
/// <param name="State">R, S, D, Z, T, ...</param>
/// <param name="StartTime">Clock ticks since boot: with the pid, the identity of a process.</param>
public readonly record struct ProcessStat(char State, ulong StartTime)
{
    /// <summary>It has ended, though it may not have been waited for.</summary>
    public bool IsDead => State is 'Z' or 'X' or 'x';

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
        for (int field = 3; field < 22; field++)
        {
            int space = rest.IndexOf((byte)' ');
            if (space < 0)
            {
                return null;
            }

            rest = rest[(space + 1)..];
        }

        return Utf8Parser.TryParse(rest, out ulong startTime, out _) ? new ProcessStat(state, startTime) : null;
    }
}
