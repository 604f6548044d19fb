namespace OciRun.Images;

/// <summary>What a collection removed.</summary>
/// <param name="Blobs">Blobs of no image.</param>
/// <param name="Layers">Layers of no image.</param>
/// <param name="References">References of bundles that are gone.</param>
/// <param name="Containers">Writable directories of containers that are gone.</param>
/// <param name="Temporary">What processes that died have left.</param>
/// <param name="Bytes">How much room that made.</param>
public sealed record GcReport(int Blobs, int Layers, int References, int Containers, int Temporary, long Bytes);
