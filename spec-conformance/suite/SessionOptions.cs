namespace OciRun.Conformance;

/// <summary>What a session was asked for.</summary>
/// <param name="Runtime">A path, or a name in PATH.</param>
/// <param name="Rootfs">Copied for each container.</param>
/// <param name="Work">Where sandboxes are made.</param>
/// <param name="Format">tap, junit or json.</param>
/// <param name="Output">A file; null: standard output.</param>
/// <param name="Filter">Part of a test's name or clause; null: all.</param>
/// <param name="Limit">Seconds for a program of another suite.</param>
internal sealed record SessionOptions(string Runtime, string Rootfs, string Work, string Format, string? Output, string? Filter, double Limit);
