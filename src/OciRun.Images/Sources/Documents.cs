using System.Text.Json;
using OciRun.Images.Model;

namespace OciRun.Images.Sources;

/// <summary>Reads the documents of an image and refuses those that could be taken for another.</summary>
internal static class Documents
{
    /// <summary>An index or a manifest.</summary>
    /// <param name="content">As it was verified.</param>
    /// <param name="mediaType">What its descriptor says; null when nothing says anything.</param>
    /// <param name="what">For messages.</param>
    /// <exception cref="ImageException">It is malformed, or ambiguous (CVE-2021-41190).</exception>
    internal static ImageDocument ReadDocument(byte[] content, string? mediaType, string what)
    {
        var document = Parse(content, ImagesJsonContext.Default.ImageDocument, what);
        if (document.SchemaVersion != 2)
        {
            throw new ImageException(ImageError.Unsupported, $"{what}: schema version {document.SchemaVersion} is not known, only 2 is");
        }

        if (document.Manifests is not null && (document.Layers is not null || document.Config is not null))
        {
            throw new ImageException(ImageError.Invalid, $"{what} claims to be an index and a manifest at once");
        }

        if (document.MediaType is { Length: > 0 } own)
        {
            if (mediaType is not null && own != mediaType)
            {
                throw new ImageException(ImageError.Invalid, $"{what} calls itself {Text(own)}, its descriptor says {Text(mediaType)}");
            }

            if ((document.Manifests is not null && !MediaTypes.IsIndex(own)) || (document.Layers is not null && !MediaTypes.IsManifest(own)))
            {
                throw new ImageException(ImageError.Invalid, $"{what} calls itself {Text(own)} and is something else");
            }
        }

        return document;
    }

    /// <summary>The configuration of an image.</summary>
    /// <exception cref="ImageException">It is malformed.</exception>
    internal static ImageConfig ReadConfig(byte[] content, string what) => Parse(content, ImagesJsonContext.Default.ImageConfig, what);

    /// <summary>Any document.</summary>
    /// <exception cref="ImageException">It is malformed.</exception>
    internal static T Parse<T>(byte[] content, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, string what)
    {
        try
        {
            return JsonSerializer.Deserialize(content, type) ?? throw new ImageException(ImageError.Invalid, $"{what} is empty");
        }
        catch (JsonException error)
        {
            throw new ImageException(ImageError.Invalid, $"{what} is no valid document: {Linux.Quoting.Escape(error.Message)}", error);
        }
    }

    /// <summary>A word of a document in a message.</summary>
    internal static string Text(string? text) => Linux.Quoting.Quote(text ?? "");
}
