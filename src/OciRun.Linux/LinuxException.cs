using System.Globalization;

namespace OciRun.Linux;

/// <summary>
/// A system call that failed. The message reads as strace(1) would print it:
/// <c>openat("/run/c1", O_PATH): missing (ENOENT)</c>.
/// </summary>
public sealed class LinuxException : Exception
{
    /// <param name="call">The name of the call, as in section 2 of the manual.</param>
    /// <param name="arguments">What it was called with, as far as it helps a reader.</param>
    /// <param name="errno">What it returned.</param>
    public LinuxException(string call, string arguments, Errno errno)
        : base(string.Create(CultureInfo.InvariantCulture, $"{call}({arguments}): {ErrnoText.Describe(errno)}"))
    {
        Call = call;
        Arguments = arguments;
        Errno = errno;
    }

    /// <summary>The name of the call.</summary>
    public string Call { get; }

    /// <summary>What it was called with.</summary>
    public string Arguments { get; }

    /// <summary>What it returned.</summary>
    public Errno Errno { get; }
}
