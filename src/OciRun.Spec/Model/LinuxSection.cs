namespace OciRun.Spec;

/// <summary>linux (config-linux.md).</summary>
public sealed class LinuxSection
{
    /// <summary>User ids of the user namespace.</summary>
    public IdMapping[]? UidMappings { get; set; }

    /// <summary>Group ids of the user namespace.</summary>
    public IdMapping[]? GidMappings { get; set; }

    /// <summary>Kernel parameters.</summary>
    public Dictionary<string, string>? Sysctl { get; set; }

    /// <summary>Limits.</summary>
    public Resources? Resources { get; set; }

    /// <summary>Path of the cgroup.</summary>
    public string? CgroupsPath { get; set; }

    /// <summary>Namespaces, new or joined.</summary>
    public LinuxNamespace[]? Namespaces { get; set; }

    /// <summary>Device nodes that must exist.</summary>
    public Device[]? Devices { get; set; }

    /// <summary>Network devices moved in, by their name on the host.</summary>
    public Dictionary<string, NetDevice>? NetDevices { get; set; }

    /// <summary>System call filter.</summary>
    public Seccomp? Seccomp { get; set; }

    /// <summary>Propagation of the root mount.</summary>
    public string? RootfsPropagation { get; set; }

    /// <summary>Paths hidden from the container.</summary>
    public string[]? MaskedPaths { get; set; }

    /// <summary>Paths made read-only.</summary>
    public string[]? ReadonlyPaths { get; set; }

    /// <summary>SELinux label of mounts.</summary>
    public string? MountLabel { get; set; }

    /// <summary>Resource director technology.</summary>
    public IntelRdt? IntelRdt { get; set; }

    /// <summary>set_mempolicy(2).</summary>
    public MemoryPolicy? MemoryPolicy { get; set; }

    /// <summary>personality(2).</summary>
    public Personality? Personality { get; set; }

    /// <summary>Offsets of a new time namespace, by clock.</summary>
    public Dictionary<string, TimeOffset>? TimeOffsets { get; set; }
}
