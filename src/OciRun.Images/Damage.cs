namespace OciRun.Images;

/// <summary>Something of a store that is not as it should be.</summary>
/// <param name="What">The image, blob, or file of a layer.</param>
/// <param name="Problem">What is wrong with it.</param>
public sealed record Damage(string What, string Problem);
