namespace OciRun.Spec;

/// <summary>An entry of mounts (config.md, Mounts).</summary>
public sealed class Mount
{
    /// <summary>Where in the container; relative is relative to /.</summary>
    public string? Destination { get; set; }

    /// <summary>The filesystem; ignored for bind mounts.</summary>
    public string? Type { get; set; }

    /// <summary>A device, a file, a directory, or a dummy name.</summary>
    public string? Source { get; set; }

    /// <summary>Mount options, see mount(8).</summary>
    public string[]? Options { get; set; }

    /// <summary>Id mapping of this mount.</summary>
    public IdMapping[]? UidMappings { get; set; }

    /// <summary>Id mapping of this mount.</summary>
    public IdMapping[]? GidMappings { get; set; }
}
