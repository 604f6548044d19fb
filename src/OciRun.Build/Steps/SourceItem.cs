namespace OciRun.Build.Steps;

/// <summary>What a source of COPY or ADD means: a file, or a directory with all that is in it.</summary>
/// <param name="Name">Last component of the name by which it was found: that of the copy, where the destination is a directory.</param>
/// <param name="Files">Itself first; a directory before what is in it.</param>
internal sealed record SourceItem(string Name, IReadOnlyList<SourceFile> Files)
{
    internal bool IsDirectory => Files[0].Facts.IsDirectory;
}
