using OciRun.Linux;

namespace OciRun.Build.Steps;

/// <summary>Something that COPY copies.</summary>
/// <param name="Path">Where it is: relative to the root of its source, raw, without links.</param>
/// <param name="Name">Relative to what the instruction names; empty for that itself.</param>
/// <param name="Facts">As it is now.</param>
internal sealed record SourceFile(string Path, string Name, FileFacts Facts);
