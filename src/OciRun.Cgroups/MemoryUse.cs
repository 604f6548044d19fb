namespace OciRun.Cgroups;

/// <summary>A kind of memory, in bytes.</summary>
/// <param name="Limit">As runc says it: the highest number for none.</param>
/// <param name="Usage">Now.</param>
/// <param name="Max">The most so far; 0 where the kernel does not tell (v2 before 5.19).</param>
/// <param name="FailCount">How often the limit was met.</param>
public readonly record struct MemoryUse(ulong Limit, ulong Usage, ulong Max, ulong FailCount);
