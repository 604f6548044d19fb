using OciRun.Runtime.Lifecycle;

namespace OciRun.Runtime.Criu;

/// <summary>The command line of restore.</summary>
/// <param name="create">What create has, too.</param>
/// <param name="criu">What checkpoint has, too.</param>
public sealed class RestoreOptions(CreateOptions create, CriuOptions criu)
{
    /// <summary>What create has, too.</summary>
    public CreateOptions Create { get; } = create;

    /// <summary>What checkpoint has, too.</summary>
    public CriuOptions Criu { get; } = criu;

    /// <summary>Return when the container runs, instead of when it ends.</summary>
    public bool Detach { get; init; }

    /// <summary>TYPE:NAME of the LSM profile that the processes get; null: that which they had.</summary>
    public string? LsmProfile { get; init; }

    /// <summary>SELinux context of the mounts; null: that which they had.</summary>
    public string? LsmMountContext { get; init; }
}
