using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace OciRun.Linux;

/// <summary>
/// The raw calls of this room. Each one returns -1 and leaves errno where Marshal.GetLastPInvokeError finds it. Tmds.LibC has
/// most of the older ones; what is here it lacks, or has in a form that costs a copy. Variadic calls go through syscall(2).
/// </summary>
internal static unsafe partial class Native
{
    internal const int AtFdCwd = -100;

    [LibraryImport("libc", EntryPoint = "close")]
    internal static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial long Syscall(long number, long a1 = 0, long a2 = 0, long a3 = 0, long a4 = 0, long a5 = 0, long a6 = 0);

    /// <summary>What the last call of this thread left in errno.</summary>
    internal static Errno LastErrno => (Errno)Marshal.GetLastPInvokeError();
}
