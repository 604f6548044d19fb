namespace OciRun.Spec;

/// <summary>linux.resources.pids.</summary>
public sealed class PidsResources
{
    /// <summary>Tasks; 0 is a limit, -1 unlimited.</summary>
    public long? Limit { get; set; }
}
