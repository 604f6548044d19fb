namespace OciRun.Spec;

/// <summary>linux.personality.</summary>
public sealed class Personality
{
    /// <summary>LINUX or LINUX32.</summary>
    public string? Domain { get; set; }

    /// <summary>None are defined.</summary>
    public string[]? Flags { get; set; }
}
