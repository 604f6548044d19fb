namespace OciRun.Images.Changes;

/// <summary>What became of a path.</summary>
public enum ChangeKind
{
    /// <summary>It is new.</summary>
    Added,

    /// <summary>It is another, or has another owner, mode, time, attribute or content.</summary>
    Changed,

    /// <summary>It is gone, with all that was below it.</summary>
    Deleted,
}
