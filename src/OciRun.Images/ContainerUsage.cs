namespace OciRun.Images;

/// <summary>Room that a container takes beside its image, in bytes.</summary>
/// <param name="Id">Of the container.</param>
/// <param name="Image">Name of its image; null when it has none.</param>
/// <param name="Size">What it wrote.</param>
public sealed record ContainerUsage(string Id, string? Image, long Size);
