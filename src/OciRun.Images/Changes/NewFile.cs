using OciRun.Linux;

namespace OciRun.Images.Changes;

/// <summary>A file of a layer that is put together from a list, and not from a tree.</summary>
/// <param name="Path">Raw name, relative to the root; "" for the root itself.</param>
/// <param name="Mode">Type (a directory, a regular file or a symbolic link) and permissions.</param>
public sealed record NewFile(string Path, uint Mode)
{
    /// <summary>Owner.</summary>
    public uint Uid { get; init; }

    /// <summary>Group.</summary>
    public uint Gid { get; init; }

    /// <summary>Time of the last change.</summary>
    public FileTime Modified { get; init; }

    /// <summary>Of a symbolic link, raw.</summary>
    public string Target { get; init; } = "";

    /// <summary>What is in a regular file, where <see cref="Source"/> is null.</summary>
    public byte[] Content { get; init; } = [];

    /// <summary>Path of a file of the host that has the content and the capabilities, raw, relative to the host's root.</summary>
    public string? Source { get; init; }
}
