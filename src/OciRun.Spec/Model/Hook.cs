namespace OciRun.Spec;

/// <summary>One hook.</summary>
public sealed class Hook
{
    /// <summary>Absolute path.</summary>
    public string? Path { get; set; }

    /// <summary>As execv(3): args[0] is free.</summary>
    public string[]? Args { get; set; }

    /// <summary>As environ(7).</summary>
    public string[]? Env { get; set; }

    /// <summary>Seconds, more than 0.</summary>
    public int? Timeout { get; set; }
}
