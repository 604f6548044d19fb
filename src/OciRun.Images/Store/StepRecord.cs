using OciRun.Images.Model;

namespace OciRun.Images.Store;

/// <summary>What a step of a build has made. It keeps nothing in the store, and is of no use without its layers.</summary>
internal sealed record StepRecord
{
    /// <summary>RFC 3339.</summary>
    public string? Created { get; init; }

    /// <summary>The layer that it made; null for none.</summary>
    public Descriptor? Layer { get; init; }

    /// <summary>Digest of that layer's archive.</summary>
    public string? DiffId { get; init; }

    /// <summary>Chain id of the topmost layer after the step; null where there is none yet.</summary>
    public string? Chain { get; init; }
}
