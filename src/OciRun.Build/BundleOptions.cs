namespace OciRun.Build;

/// <summary>What a container of an image is run with beyond what the image says.</summary>
public sealed record BundleOptions
{
    /// <summary>In place of the image's Cmd; empty: that.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>NAME=VALUE, or NAME alone for the caller's value.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>As in the image's User: name or number, perhaps with a group; null: that.</summary>
    public string? User { get; init; }

    /// <summary>Absolute; null: the image's.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Null: the container's id.</summary>
    public string? Hostname { get; init; }

    /// <summary>Bytes; null: no limit.</summary>
    public long? Memory { get; init; }

    /// <summary>Processors' worth of time, as 0.5; null: no limit.</summary>
    public decimal? Cpus { get; init; }

    /// <summary>Tasks; null: no limit.</summary>
    public long? Pids { get; init; }

    /// <summary>HOST:CONTAINER[:ro|rw|z|Z].</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    /// <summary>DIRECTORY[:OPTIONS of tmpfs(5)].</summary>
    public IReadOnlyList<string> Tmpfs { get; init; } = [];

    /// <summary>The root filesystem cannot be written to.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>none, host, or the absolute path of a network namespace.</summary>
    public string Network { get; init; } = "none";

    /// <summary>The container gets a terminal.</summary>
    public bool Terminal { get; init; }

    /// <summary>First id on the host of 65,536 for a user namespace; null: none.</summary>
    public uint? FirstId { get; init; }

    /// <summary>Capabilities besides the default ones, with or without CAP_; ALL.</summary>
    public IReadOnlyList<string> AddedCapabilities { get; init; } = [];

    /// <summary>Default capabilities that it does not get; ALL.</summary>
    public IReadOnlyList<string> DroppedCapabilities { get; init; } = [];

    /// <summary>A seccomp profile in the form of linux.seccomp, as JSON; null: the default one.</summary>
    public byte[]? SeccompProfile { get; init; }

    /// <summary>No filter of system calls.</summary>
    public bool NoSeccomp { get; init; }
}
