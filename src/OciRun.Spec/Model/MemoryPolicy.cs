namespace OciRun.Spec;

/// <summary>linux.memoryPolicy.</summary>
public sealed class MemoryPolicy
{
    /// <summary>MPOL_*.</summary>
    public string? Mode { get; set; }

    /// <summary>Node list.</summary>
    public string? Nodes { get; set; }

    /// <summary>MPOL_F_*.</summary>
    public string[]? Flags { get; set; }
}
