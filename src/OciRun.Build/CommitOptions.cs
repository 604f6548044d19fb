namespace OciRun.Build;

/// <summary>How to make an image of a container.</summary>
/// <param name="Pause">The container stands still while its files are read.</param>
/// <param name="Epoch">SOURCE_DATE_EPOCH: when the image is said to be made, and what no time in its new layers is later than, in seconds since 1970; null: now.</param>
public sealed record CommitOptions(bool Pause, long? Epoch);
