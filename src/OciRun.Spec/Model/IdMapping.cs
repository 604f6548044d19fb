using System.Text.Json.Serialization;

namespace OciRun.Spec;

/// <summary>A range of ids (config-linux.md, User namespace mappings).</summary>
public sealed class IdMapping
{
    /// <summary>First id in the container.</summary>
    [JsonRequired]
    public uint ContainerID { get; set; }

    /// <summary>First id on the host.</summary>
    [JsonRequired]
    public uint HostID { get; set; }

    /// <summary>How many ids.</summary>
    [JsonRequired]
    public uint Size { get; set; }
}
