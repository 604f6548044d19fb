namespace OciRun.Images;

/// <summary>What happens to a layer.</summary>
public enum ImportPhase
{
    /// <summary>It is read and extracted.</summary>
    Extracting,

    /// <summary>It is whole.</summary>
    Done,

    /// <summary>The store had it.</summary>
    Present,
}
