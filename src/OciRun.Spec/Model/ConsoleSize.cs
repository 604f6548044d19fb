using System.Text.Json.Serialization;

namespace OciRun.Spec;

/// <summary>process.consoleSize.</summary>
public sealed class ConsoleSize
{
    /// <summary>Rows.</summary>
    [JsonRequired]
    public uint Height { get; set; }

    /// <summary>Columns.</summary>
    [JsonRequired]
    public uint Width { get; set; }
}
