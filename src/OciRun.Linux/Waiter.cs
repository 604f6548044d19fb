using System.Globalization;
using System.Runtime.InteropServices;

namespace OciRun.Linux;

/// <summary>
/// The native waiter of a foreground container: this process becomes it, so that a container that lives for days does not hold a managed runtime in memory, and
/// signals are forwarded by a process that owns all of them (NativeAOT keeps 33 and 34 for itself).
/// </summary>
public static unsafe class Waiter
{
    private const int AtEmptyPath = 0x1000, SetDescriptorFlags = 2;

    /// <summary>Replaces this process; returns only by an exception. Its exit status will be that of the container.</summary>
    /// <param name="executable">The stage's memfd.</param>
    /// <param name="pid">The container's init, our child.</param>
    /// <param name="pidfd">The container's init.</param>
    /// <param name="master">The terminal to relay, or null.</param>
    /// <param name="delete">The command of ours that it runs in the end, with args[0]; empty: none.</param>
    /// <exception cref="LinuxException">As execveat(2).</exception>
    public static int Become(SafeFd executable, int pid, SafeFd pidfd, SafeFd? master, string[] delete)
    {
        using SafeFd self = Files.Open("/proc/self/exe", OpenFlags.Path);
        foreach (SafeFd? fd in new[] { pidfd, master, self })
        {
            if (fd is not null)
            {
                _ = Tmds.Linux.LibC.fcntl(fd.Number, SetDescriptorFlags, 0); // it stays open across execve
            }
        }

        string[] arguments =
        [
            "ocirun-wait", Text(pid), Text(pidfd.Number), Text(master?.Number ?? -1), Text(self.Number), .. delete,
        ];
        fixed (byte* empty = new byte[1])
        {
            _ = Native.Execveat(executable.Number, empty, Array(arguments), Array(OwnEnvironment()), AtEmptyPath);
        }

        throw new LinuxException("execveat", "waiter", Native.LastErrno);
    }

    /// <summary>Our environment, as environ(7).</summary>
    public static string[] OwnEnvironment()
    {
        var entries = new List<string>();
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            entries.Add(entry.Key + "=" + entry.Value);
        }

        return entries.ToArray();
    }

    /// <summary>For execve(2); never freed, as the process image goes.</summary>
    private static byte** Array(string[] strings)
    {
        byte** array = (byte**)NativeMemory.AllocZeroed((nuint)(strings.Length + 1), (nuint)sizeof(byte*));
        for (int i = 0; i < strings.Length; i++)
        {
            array[i] = (byte*)Marshal.StringToCoTaskMemUTF8(strings[i]);
        }

        return array;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
