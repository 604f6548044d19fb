namespace OciRun.Images;

/// <summary>Whom an import tells what.</summary>
public sealed record ImportOptions
{
    /// <summary>Called often, and from several threads at once.</summary>
    public Action<ImportProgress>? Progress { get; init; }

    /// <summary>Gets a sentence for everything that an image has and this machine cannot take; from the calling thread.</summary>
    public Action<string>? Warn { get; init; }
}
