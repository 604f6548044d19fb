namespace OciRun.Linux;

/// <summary>The native part that is linked into this executable: src/native/ocirun_native.h.</summary>
public static unsafe class InitStage
{
    /// <summary>The stage's executable image; lives as long as the process.</summary>
    public static ReadOnlySpan<byte> Image
    {
        get
        {
            ulong size;
            byte* image = Native.StageImage(&size);
            return new ReadOnlySpan<byte>(image, (int)size);
        }
    }

    /// <summary>How many descriptors from 3 up were open when we were started, in a row.</summary>
    public static int InheritedDescriptors => Native.InheritedDescriptors();

    /// <summary>
    /// Keeps the caller's descriptors from the stage, which would hold them for as long as it waits: close_range(2) with CLOSE_RANGE_CLOEXEC (5.11).
    /// </summary>
    /// <param name="first">The first that it does not get; our own are close-on-exec anyway.</param>
    /// <exception cref="LinuxException">As close_range(2).</exception>
    public static void WithholdDescriptors(int first)
    {
        const int CloseRange = 436, CloseOnExec = 4; // the same number on every architecture
        if (Native.Syscall(CloseRange, first, uint.MaxValue, CloseOnExec) < 0)
        {
            throw new LinuxException("close_range", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{first}, CLOSE_RANGE_CLOEXEC"), Native.LastErrno);
        }
    }

    /// <summary>Gives this thread the signal mask that the caller gave us; until then those that a foreground run forwards are blocked.</summary>
    public static void RestoreSignalMask() => Native.RestoreSignalMask();

    /// <summary>
    /// Waits for a container's init in the foreground: forwards signals to it, relays the terminal, reaps other children. The
    /// wait status, or null when the time is over first.
    /// </summary>
    /// <param name="pid">Init.</param>
    /// <param name="pidfd">Init.</param>
    /// <param name="timeoutMilliseconds">-1: for ever.</param>
    /// <param name="master">The pty's master to relay, or null.</param>
    /// <exception cref="LinuxException">As waitid(2).</exception>
    public static int? WaitForeground(int pid, SafeFd pidfd, int timeoutMilliseconds, SafeFd? master)
    {
        int status;
        int result = Native.Wait(pid, pidfd.Number, timeoutMilliseconds, master is null ? -1 : 0, master?.Number ?? -1, &status);
        return result switch
        {
            1 => status,
            0 => null,
            _ => throw new LinuxException("waitid", "init", (Errno)(-result)),
        };
    }
}
