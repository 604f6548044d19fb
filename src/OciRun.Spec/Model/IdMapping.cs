namespace OciRun.Spec;

/// <summary>A range of ids (config-linux.md, User namespace mappings).</summary>
public sealed class IdMapping
{
    /// <summary>First id in the container.</summary>
    public uint ContainerID { get; set; }

    /// <summary>First id on the host.</summary>
    public uint HostID { get; set; }

    /// <summary>How many ids.</summary>
    public uint Size { get; set; }
}
