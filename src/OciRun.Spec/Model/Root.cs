namespace OciRun.Spec;

/// <summary>root (config.md, Root).</summary>
public sealed class Root
{
    /// <summary>Path of the root filesystem, absolute or relative to the bundle.</summary>
    public string? Path { get; set; }

    /// <summary>The root filesystem is read-only inside.</summary>
    public bool Readonly { get; set; }
}
