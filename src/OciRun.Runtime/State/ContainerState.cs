namespace OciRun.Runtime.State;

/// <summary>The state of a container as state and list print it (runtime.md, State).</summary>
public sealed class ContainerState
{
#pragma warning disable CS1591 // the fields of the specification, and runc's beside them
    public required string OciVersion { get; init; }
    public required string Id { get; init; }
    /// <summary>creating, created, running, paused or stopped.</summary>
    public required string Status { get; init; }
    /// <summary>The init process in the caller's pid namespace; 0 when stopped.</summary>
    public required int Pid { get; init; }
    public required string Bundle { get; init; }
    public string? Rootfs { get; init; }
    /// <summary>RFC 3339, UTC.</summary>
    public string? Created { get; init; }
    public Dictionary<string, string>? Annotations { get; init; }
    /// <summary>Name of the user who created it (list).</summary>
    public string? Owner { get; init; }
#pragma warning restore CS1591
}
