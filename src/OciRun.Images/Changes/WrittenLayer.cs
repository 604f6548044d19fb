using OciRun.Images.Model;

namespace OciRun.Images.Changes;

/// <summary>A layer whose blob is in the store, and of no image yet.</summary>
/// <param name="Blob">For the manifest.</param>
/// <param name="DiffId">For the configuration.</param>
/// <param name="Warnings">What was left out, a sentence each.</param>
public sealed record WrittenLayer(Descriptor Blob, Digest DiffId, IReadOnlyList<string> Warnings);
