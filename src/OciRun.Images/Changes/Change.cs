using OciRun.Linux;

namespace OciRun.Images.Changes;

/// <summary>A path that is not as the layers have it.</summary>
/// <param name="Kind">What became of it.</param>
/// <param name="Path">Relative to the root, a raw name; empty for the root itself.</param>
/// <param name="Size">Bytes of a regular file's content; 0 for everything else.</param>
public sealed record Change(ChangeKind Kind, string Path, long Size)
{
    /// <summary>What is there now; unused for what is gone.</summary>
    internal FileFacts Facts { get; init; }

    /// <summary>A directory that hides what is below: it needs no marks for single names.</summary>
    internal bool IsOpaque { get; init; }

    /// <summary>Gone by the mark of the directory that it was in.</summary>
    internal bool IsImplied { get; init; }

    /// <summary>Not a change of its own: only here for <see cref="IsOpaque"/>.</summary>
    internal bool IsMarkOnly { get; init; }
}
