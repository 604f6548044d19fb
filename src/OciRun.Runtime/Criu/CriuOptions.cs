namespace OciRun.Runtime.Criu;

/// <summary>What checkpoint and restore share of their command lines; most of it is CRIU's own (criu(8)).</summary>
/// <param name="imagePath">Absolute path of the directory of the images.</param>
public sealed class CriuOptions(string imagePath)
{
    /// <summary>Absolute path of the directory of the images.</summary>
    public string ImagePath { get; } = imagePath;

    /// <summary>Absolute path of the directory of logs and other files of the work; null: that of the images.</summary>
    public string? WorkPath { get; init; }

    /// <summary>TCP connections are kept.</summary>
    public bool TcpEstablished { get; init; }

    /// <summary>Sockets of other processes may be connected to.</summary>
    public bool ExternalUnixSockets { get; init; }

    /// <summary>The session, or the terminal, is the caller's.</summary>
    public bool ShellJob { get; init; }

    /// <summary>File locks are kept.</summary>
    public bool FileLocks { get; init; }

    /// <summary>Of a namespace only that it is there is kept, not what is in it: the network.</summary>
    public bool EmptyNetwork { get; init; }

    /// <summary>Pages that the images of the parent have already are punched out of them.</summary>
    public bool AutoDedup { get; init; }

    /// <summary>Pages are fetched when they are touched, userfaultfd(2).</summary>
    public bool LazyPages { get; init; }

    /// <summary>soft, full, strict or ignore; null: CRIU's default.</summary>
    public string? ManageCgroups { get; init; }

    /// <summary>iptables, nftables or skip: how connections are held meanwhile; null: CRIU's default.</summary>
    public string? NetworkLock { get; init; }

    /// <summary>Connections are closed instead of kept.</summary>
    public bool TcpClose { get; init; }
}
