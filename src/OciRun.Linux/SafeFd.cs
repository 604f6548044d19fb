using System.Globalization;
using System.Runtime.InteropServices;

namespace OciRun.Linux;

/// <summary>A file descriptor that this process owns, always close-on-exec; closed on <see cref="SafeHandle.Dispose()"/>.</summary>
public sealed class SafeFd : SafeHandle
{
    /// <summary>For the marshaller: an invalid descriptor.</summary>
    public SafeFd() : base(-1, ownsHandle: true) { }

    /// <summary>Takes ownership of <paramref name="fd"/>, or, with <paramref name="owns"/> false, borrows it.</summary>
    public SafeFd(int fd, bool owns = true) : base(-1, owns) => SetHandle(fd);

    /// <inheritdoc/>
    public override bool IsInvalid => handle < 0;

    /// <summary>The number. Valid until this is disposed; for messages, and for calls that name the descriptor in a structure.</summary>
    public int Number => (int)handle;

    /// <summary>A path that leads to what this is open on, proc_pid_fd(5), until this is disposed: for calls that take a name only, and to learn its name by readlink(2).</summary>
    public string ProcPath => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{Number}");

    /// <summary>The current directory as a starting point for relative paths (AT_FDCWD).</summary>
    public static SafeFd CurrentDirectory { get; } = new(Native.AtFdCwd, owns: false);

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Native.Close((int)handle) == 0;
}
