namespace OciRun.Spec;

/// <summary>process.consoleSize.</summary>
public sealed class ConsoleSize
{
    /// <summary>Rows.</summary>
    public uint Height { get; set; }

    /// <summary>Columns.</summary>
    public uint Width { get; set; }
}
