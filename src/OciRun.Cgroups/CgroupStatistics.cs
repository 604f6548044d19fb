using OciRun.Linux;

namespace OciRun.Cgroups;

/// <summary>What a container has used, from its cgroup. Null and empty: the controller is not there, or does not tell.</summary>
public sealed class CgroupStatistics
{
    /// <summary>Processor time in ns.</summary>
    public ulong? CpuTotal { get; internal set; }

    /// <summary>Of it in the kernel.</summary>
    public ulong? CpuKernel { get; internal set; }

    /// <summary>Of it in programs.</summary>
    public ulong? CpuUser { get; internal set; }

    /// <summary>Of it on each processor (v1).</summary>
    public IReadOnlyList<ulong> CpuByProcessor { get; internal set; } = [];

    /// <summary>Periods of the bandwidth limit so far.</summary>
    public ulong? Periods { get; internal set; }

    /// <summary>Of them, those in which it was stopped.</summary>
    public ulong? ThrottledPeriods { get; internal set; }

    /// <summary>For how long, in ns.</summary>
    public ulong? ThrottledTime { get; internal set; }

    /// <summary>Bytes.</summary>
    public MemoryUse? Memory { get; internal set; }

    /// <summary>Memory and swap together.</summary>
    public MemoryUse? Swap { get; internal set; }

    /// <summary>Of the kernel (v1).</summary>
    public MemoryUse? Kernel { get; internal set; }

    /// <summary>Of TCP (v1).</summary>
    public MemoryUse? KernelTcp { get; internal set; }

    /// <summary>memory.stat.</summary>
    public IReadOnlyDictionary<string, ulong> MemoryDetails { get; internal set; } = new Dictionary<string, ulong>();

    /// <summary>Processes and threads.</summary>
    public ulong? Pids { get; internal set; }

    /// <summary>Their limit; null: none.</summary>
    public ulong? PidsLimit { get; internal set; }

    /// <summary>Bytes read and written.</summary>
    public IReadOnlyList<BlockIoCount> IoBytes { get; internal set; } = [];

    /// <summary>Reads and writes.</summary>
    public IReadOnlyList<BlockIoCount> IoOperations { get; internal set; } = [];

    /// <summary>Huge pages by their size, as <c>2MB</c>.</summary>
    public IReadOnlyDictionary<string, MemoryUse> HugePages { get; internal set; } = new Dictionary<string, MemoryUse>();

    /// <summary>Pressure stall information (v2): cpu, memory, io.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<Pressure>> Pressure { get; internal set; } = new Dictionary<string, IReadOnlyList<Pressure>>();

    /// <summary>The same in both versions.</summary>
    internal void ReadPids(SafeFd directory)
    {
        Pids = CgroupValues.Unsigned(directory, "pids.current");
        PidsLimit = CgroupValues.Unsigned(directory, "pids.max");
    }
}
