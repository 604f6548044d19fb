namespace OciRun.Conformance;

/// <summary>What a session was asked for.</summary>
internal sealed record SessionOptions(string Runtime, string Rootfs, string Work, string Format, string? Output, string? Filter);
