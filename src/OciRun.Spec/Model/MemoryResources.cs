namespace OciRun.Spec;

/// <summary>linux.resources.memory. Bytes; -1 is unlimited.</summary>
public sealed class MemoryResources
{
    /// <summary>Hard limit.</summary>
    public long? Limit { get; set; }

    /// <summary>Soft limit.</summary>
    public long? Reservation { get; set; }

    /// <summary>Memory and swap together.</summary>
    public long? Swap { get; set; }

    /// <summary>Kernel memory (not recommended).</summary>
    public long? Kernel { get; set; }

    /// <summary>Kernel TCP buffers (not recommended).</summary>
    public long? KernelTCP { get; set; }

    /// <summary>0 to 100.</summary>
    public ulong? Swappiness { get; set; }

    /// <summary>v1 only.</summary>
    public bool? DisableOOMKiller { get; set; }

    /// <summary>v1 only.</summary>
    public bool? UseHierarchy { get; set; }

    /// <summary>Refuse a limit below the present use.</summary>
    public bool? CheckBeforeUpdate { get; set; }
}
