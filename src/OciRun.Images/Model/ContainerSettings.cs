using System.Text.Json;
using System.Text.Json.Serialization;

namespace OciRun.Images.Model;

/// <summary>config of an image's configuration. The field names are Docker's.</summary>
public sealed record ContainerSettings
{
    /// <summary>User: name or number, perhaps with a group.</summary>
    [JsonPropertyName("User")]
    public string? User { get; init; }

    /// <summary>ExposedPorts: port/protocol.</summary>
    [JsonPropertyName("ExposedPorts")]
    public Dictionary<string, EmptyObject>? ExposedPorts { get; init; }

    /// <summary>Env: NAME=VALUE.</summary>
    [JsonPropertyName("Env")]
    public List<string>? Env { get; init; }

    /// <summary>Entrypoint.</summary>
    [JsonPropertyName("Entrypoint")]
    public List<string>? Entrypoint { get; init; }

    /// <summary>Cmd: arguments of the entry point, or without one the command.</summary>
    [JsonPropertyName("Cmd")]
    public List<string>? Cmd { get; init; }

    /// <summary>Volumes: directories that hold data of their own.</summary>
    [JsonPropertyName("Volumes")]
    public Dictionary<string, EmptyObject>? Volumes { get; init; }

    /// <summary>WorkingDir.</summary>
    [JsonPropertyName("WorkingDir")]
    public string? WorkingDir { get; init; }

    /// <summary>Labels.</summary>
    [JsonPropertyName("Labels")]
    public Dictionary<string, string>? Labels { get; init; }

    /// <summary>StopSignal: a name or a number.</summary>
    [JsonPropertyName("StopSignal")]
    public string? StopSignal { get; init; }

    /// <summary>Shell: Docker's, for the shell form of instructions in builds of this image.</summary>
    [JsonPropertyName("Shell")]
    public List<string>? Shell { get; init; }

    /// <summary>Fields that are not known here, kept when an image is made of another.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }
}
