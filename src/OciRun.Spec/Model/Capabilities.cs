namespace OciRun.Spec;

/// <summary>process.capabilities.</summary>
public sealed class Capabilities
{
    /// <summary>Bounding set.</summary>
    public string[]? Bounding { get; set; }

    /// <summary>Effective set.</summary>
    public string[]? Effective { get; set; }

    /// <summary>Inheritable set.</summary>
    public string[]? Inheritable { get; set; }

    /// <summary>Permitted set.</summary>
    public string[]? Permitted { get; set; }

    /// <summary>Ambient set.</summary>
    public string[]? Ambient { get; set; }
}
