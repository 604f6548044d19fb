using System.Globalization;
using OciRun.Spec;

namespace OciRun.Runtime.Init;

/// <summary>A wait status, wait(2).</summary>
internal static class WaitStatus
{
    /// <summary>0 to 255, or 128 and the signal, as shells have it (C70).</summary>
    internal static int ExitCode(int status) => (status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f);

    internal static string Describe(int status)
    {
        int signal = status & 0x7f;
        if (signal == 0)
        {
            return string.Create(CultureInfo.InvariantCulture, $"exit status {(status >> 8) & 0xff}");
        }

        string dumped = (status & 0x80) != 0 ? ", core dumped" : "";
        return string.Create(CultureInfo.InvariantCulture, $"killed by signal {signal} ({SignalNames.GetName(signal)}{dumped})");
    }
}
