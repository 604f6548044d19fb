namespace OciRun.Spec;

/// <summary>process.user (POSIX).</summary>
public sealed class User
{
    /// <summary>User id in the container.</summary>
    public uint Uid { get; set; }

    /// <summary>Group id in the container.</summary>
    public uint Gid { get; set; }

    /// <summary>File mode creation mask.</summary>
    public uint? Umask { get; set; }

    /// <summary>Supplementary groups.</summary>
    public uint[]? AdditionalGids { get; set; }

    /// <summary>Windows only.</summary>
    public string? Username { get; set; }
}
