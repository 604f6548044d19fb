using OciRun.Images.Model;

namespace OciRun.Images.Sources;

/// <summary>A layer that can be read.</summary>
/// <param name="Descriptor">As the manifest has it.</param>
/// <param name="Digest">Of the blob.</param>
/// <param name="DiffId">Of the archive in it.</param>
/// <param name="Compression">Of the blob.</param>
/// <param name="Open">The blob from its beginning; each call gives another stream. Null when the source lacks it.</param>
internal sealed record SourceLayer(Descriptor Descriptor, Digest Digest, Digest DiffId, Compression Compression, Func<Stream?> Open);
