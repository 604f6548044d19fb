using OciRun.Images.Model;

namespace OciRun.Images;

/// <summary>A layer of an image of the store.</summary>
/// <param name="Blob">Its descriptor in the manifest.</param>
/// <param name="DiffId">Digest of its archive, not compressed.</param>
/// <param name="ChainId">What it is together with the layers below it: the key of its directory.</param>
/// <param name="Directory">Absolute path of its directory, in the form that an overlay takes as a lower one; root's alone to enter.</param>
/// <param name="Size">Bytes of its files.</param>
/// <param name="ArchiveSize">Bytes of its archive, not compressed.</param>
public sealed record StoredLayer(Descriptor Blob, Digest DiffId, Digest ChainId, string Directory, long Size, long ArchiveSize);
