namespace OciRun.Images;

/// <summary>An operation on images that failed, in one line for an operator: lower case, without a full stop; names the image or layer and the entry.</summary>
public sealed class ImageException : Exception
{
    /// <param name="error">The kind.</param>
    /// <param name="message">One line.</param>
    /// <param name="inner">The cause, usually a <see cref="Linux.LinuxException"/>.</param>
    public ImageException(ImageError error, string message, Exception? inner = null) : base(message, inner) => Error = error;

    /// <summary>The kind.</summary>
    public ImageError Error { get; }
}
