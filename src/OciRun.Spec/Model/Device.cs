namespace OciRun.Spec;

/// <summary>An entry of linux.devices.</summary>
public sealed class Device
{
    /// <summary>c, b, u or p.</summary>
    public string? Type { get; set; }

    /// <summary>Path in the container.</summary>
    public string? Path { get; set; }

    /// <summary>Major number.</summary>
    public long? Major { get; set; }

    /// <summary>Minor number.</summary>
    public long? Minor { get; set; }

    /// <summary>Permissions.</summary>
    public uint? FileMode { get; set; }

    /// <summary>Owner.</summary>
    public uint? Uid { get; set; }

    /// <summary>Group.</summary>
    public uint? Gid { get; set; }
}
