using System.Runtime.InteropServices;

namespace OciRun.Linux;

/// <summary>
/// The standard streams, by plain write(2). System.Console would look up the terminal and install handlers first, which costs a
/// short job more than all it has to say.
/// </summary>
public static partial class StandardStream
{
    private const int DuplicateCloseOnExec = 1030;

    /// <summary>Writes all of <paramref name="bytes"/> to standard output.</summary>
    /// <exception cref="LinuxException">As write(2), EPIPE included: .NET ignores SIGPIPE.</exception>
    public static void WriteOutput(ReadOnlySpan<byte> bytes)
    {
        using var fd = new SafeFd(1, owns: false);
        if (Files.TryWrite(fd, bytes) is var errno && errno != Errno.None)
        {
            throw new LinuxException("write", "standard output", errno);
        }
    }

    /// <summary>Standard input is at its end, for us and for who inherits it: /dev/null, dup2(2).</summary>
    /// <exception cref="LinuxException">As open(2).</exception>
    public static void EndInput()
    {
        using SafeFd nothing = Files.Open("/dev/null", OpenFlags.ReadOnly);
        _ = Duplicate(nothing.Number, 0); // cannot fail: both are descriptors
    }

    /// <summary>What writes to standard output, we and who inherits it, writes to standard error from now on: fcntl(2), dup2(2).</summary>
    /// <returns>What was standard output; nobody inherits it.</returns>
    /// <exception cref="LinuxException">As fcntl(2); EBADF when it is closed.</exception>
    public static SafeFd OutputToError()
    {
        int kept = Control(1, DuplicateCloseOnExec, 3);
        if (kept < 0)
        {
            throw new LinuxException("fcntl", "standard output", (Errno)Marshal.GetLastPInvokeError());
        }

        _ = Duplicate(2, 1);
        return new SafeFd(kept);
    }

    /// <summary>Standard error is a terminal (isatty(3)).</summary>
    public static bool IsErrorTerminal => IsTerminal(2) == 1;

    /// <summary>Writes all of <paramref name="bytes"/> to standard error. That nobody can read it changes nothing: the exit code says it, too.</summary>
    public static void WriteError(ReadOnlySpan<byte> bytes)
    {
        using var fd = new SafeFd(2, owns: false);
        _ = Files.TryWrite(fd, bytes);
    }

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int Duplicate(int from, int to);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(int fd, int command, int argument);

    [LibraryImport("libc", EntryPoint = "isatty")]
    private static partial int IsTerminal(int fd);
}
