namespace OciRun.Runtime.Criu;

/// <summary>The command line of checkpoint.</summary>
/// <param name="id">The container's id.</param>
/// <param name="criu">What restore has, too.</param>
public sealed class CheckpointOptions(string id, CriuOptions criu)
{
    /// <summary>The container's id.</summary>
    public string Id { get; } = id;

    /// <summary>What restore has, too.</summary>
    public CriuOptions Criu { get; } = criu;

    /// <summary>Images of a checkpoint before this one, relative to the directory of the images.</summary>
    public string? ParentPath { get; init; }

    /// <summary>The container goes on.</summary>
    public bool LeaveRunning { get; init; }

    /// <summary>Only the memory, and the container goes on.</summary>
    public bool PreDump { get; init; }

    /// <summary>Connections that are not yet established are left out.</summary>
    public bool TcpSkipInFlight { get; init; }

    /// <summary>Files that have no name any more get one.</summary>
    public bool LinkRemap { get; init; }

    /// <summary>A descriptor of the caller's that gets a zero byte when pages can be fetched; -1: none.</summary>
    public int StatusFd { get; init; } = -1;

    /// <summary>Address of a page server, which takes the memory; null: it goes to the images.</summary>
    public string? PageServer { get; init; }

    /// <summary>Port of the page server.</summary>
    public int PageServerPort { get; init; }
}
