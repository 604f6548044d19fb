namespace OciRun.Images;

/// <summary>Room that an image takes, in bytes: blobs and extracted layers.</summary>
/// <param name="Name">Of the image.</param>
/// <param name="Size">All of it.</param>
/// <param name="Shared">What other images have too.</param>
/// <param name="Unique">What removing it would free.</param>
public sealed record ImageUsage(string Name, long Size, long Shared, long Unique);
