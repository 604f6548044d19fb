using System.Buffers;

namespace OciRun.Images;

/// <summary>What an image of the store is called: <c>[a-z0-9._/-]+[:TAG]</c>. A name without a tag and one with <c>:latest</c> find each other.</summary>
public static class ImageName
{
    private const string Lower = "abcdefghijklmnopqrstuvwxyz0123456789";
    private static readonly SearchValues<char> s_name = SearchValues.Create(Lower + "._/-"), s_tag = SearchValues.Create(Lower + "ABCDEFGHIJKLMNOPQRSTUVWXYZ_.-");
    private const int MaxTag = 128, MaxName = 255;

    /// <summary>Is the text such a name?</summary>
    public static bool IsValid(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        ReadOnlySpan<char> name = colon < 0 ? text : text.AsSpan(0, colon);
        if (name.IsEmpty || name.Length > MaxName || name.IndexOfAnyExcept(s_name) >= 0)
        {
            return false;
        }

        ReadOnlySpan<char> tag = text.AsSpan(colon + 1);
        return colon < 0 || (tag.Length is > 0 and <= MaxTag && tag[0] is not ('.' or '-') && tag.IndexOfAnyExcept(s_tag) < 0);
    }

    /// <summary>The name, if it is one.</summary>
    /// <exception cref="ImageException"><see cref="ImageError.Usage"/>.</exception>
    public static string Check(string text) => IsValid(text)
        ? text
        : throw new ImageException(ImageError.Usage, $"\"{Linux.Quoting.Escape(text)}\" is no name for an image: lower case letters, digits and ._/-, then perhaps a colon and a tag");

    /// <summary>The other spelling of the same name: with <c>:latest</c> for without a tag, and the reverse; null when there is none.</summary>
    internal static string? Alternative(string name) => !name.Contains(':', StringComparison.Ordinal) ? name + ":latest"
        : name.EndsWith(":latest", StringComparison.Ordinal) ? name[..^7] : null;
}
