using System.Globalization;
using System.Runtime.InteropServices;

namespace OciRun.Conformance.Documents.ConfigLinux;

/// <summary>Numbers of system calls that the probe is asked to make.</summary>
internal static class Syscalls
{
    private static readonly Dictionary<string, (int X64, int Arm64)> s_numbers = new() { ["msgget"] = (68, 186), ["acct"] = (163, 89), ["flock"] = (73, 32) };

    /// <summary>As a word of the probe; skips the test on a machine of another kind.</summary>
    public static string Number(string name)
    {
        var machine = RuntimeInformation.ProcessArchitecture;
        Check.Needs(machine is Architecture.X64 or Architecture.Arm64, $"the suite has no system call numbers for {machine}");
        return (machine == Architecture.X64 ? s_numbers[name].X64 : s_numbers[name].Arm64).ToString(CultureInfo.InvariantCulture);
    }
}
