namespace OciRun.Images;

/// <summary>Kinds of failure of an <see cref="ImageException"/>.</summary>
public enum ImageError
{
    /// <summary>What was asked for makes no sense: a name, a source.</summary>
    Usage,

    /// <summary>No image of this name, no file of this image.</summary>
    Missing,

    /// <summary>The image breaks the specification, does not match its digests, or is hostile.</summary>
    Invalid,

    /// <summary>A kind of image, layer or entry that is valid and not known here.</summary>
    Unsupported,

    /// <summary>The store cannot be read or written.</summary>
    Store,
}
