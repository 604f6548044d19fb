using System.Runtime.InteropServices;

namespace OciRun.Linux;

/// <summary>A point in time as the kernel has it, struct timespec.</summary>
/// <param name="Seconds">Since 1970; may be negative.</param>
/// <param name="Nanoseconds">0 to 999,999,999.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct FileTime(long Seconds, long Nanoseconds);
