namespace OciRun.Cgroups;

/// <summary>A counter of a block device.</summary>
/// <param name="Major">The device.</param>
/// <param name="Minor">The device.</param>
/// <param name="Operation"><c>Read</c>, <c>Write</c>, and on v1 more.</param>
/// <param name="Value">Bytes or operations.</param>
public readonly record struct BlockIoCount(uint Major, uint Minor, string Operation, ulong Value);
