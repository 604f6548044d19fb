using OciRun.Images.Layers;
using OciRun.Linux;

namespace OciRun.Images;

public sealed partial class ImageStore
{
    /// <summary>Copies what an image shows into an empty directory: plain files that need neither the store nor an overlay any more.</summary>
    /// <param name="image">Of this store, pinned since it was resolved.</param>
    /// <param name="directory">Absolute path of an empty directory; it gets the owner and mode of the image's root.</param>
    /// <exception cref="ImageException">It cannot be written to. It is to be removed then.</exception>
    public void CopyTo(StoredImage image, string directory)
    {
        ArgumentNullException.ThrowIfNull(image);
        Guard(() =>
        {
            using SafeFd target = Files.Open(directory, OpenFlags.ReadOnly | OpenFlags.Directory);
            MergedCopy.Run(image.LowerDirectories, target, _store.Form);
            return true;
        });
    }
}
