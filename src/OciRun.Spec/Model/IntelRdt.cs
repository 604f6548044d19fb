namespace OciRun.Spec;

/// <summary>linux.intelRdt.</summary>
public sealed class IntelRdt
{
    /// <summary>Class of service.</summary>
    public string? ClosID { get; set; }

    /// <summary>Lines of the schemata file.</summary>
    public string[]? Schemata { get; set; }

    /// <summary>L3 lines.</summary>
    public string? L3CacheSchema { get; set; }

    /// <summary>MB line.</summary>
    public string? MemBwSchema { get; set; }

    /// <summary>A monitoring group of its own.</summary>
    public bool? EnableMonitoring { get; set; }
}
