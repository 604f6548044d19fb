namespace OciRun.Cli;

/// <summary>Where bytes go: a standard stream, or the memory of a test.</summary>
internal delegate void ByteSink(ReadOnlySpan<byte> bytes);
