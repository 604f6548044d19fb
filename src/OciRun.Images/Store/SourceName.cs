using OciRun.Linux;

namespace OciRun.Images.Store;

/// <summary>Where an image comes from or goes to: <c>oci:DIR[:TAG]</c>, <c>oci-archive:FILE[:TAG]</c>, <c>docker-archive:FILE[:TAG]</c>.</summary>
/// <param name="Transport">What stands before the first colon.</param>
/// <param name="Path">Directory or file.</param>
/// <param name="Tag">Null without one.</param>
internal sealed record SourceName(string Transport, string Path, string? Tag)
{
    internal const string Layout = "oci", Archive = "oci-archive", Docker = "docker-archive";

    /// <exception cref="ImageException"><see cref="ImageError.Usage"/>.</exception>
    internal static SourceName Parse(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string transport = colon < 0 ? "" : text[..colon];
        if (transport is not (Layout or Archive or Docker) || colon == text.Length - 1)
        {
            throw new ImageException(ImageError.Usage, $"{Quoting.Quote(text)} is no place for images: oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:TAG]");
        }

        // Names of files may have colons, and tags too: the shortest path that exists, else the shortest there is.
        string rest = text[(colon + 1)..];
        int first = rest.IndexOf(':', StringComparison.Ordinal);
        for (int at = first; ; at = at < 0 ? -1 : rest.IndexOf(':', at + 1))
        {
            string path = at < 0 ? rest : rest[..at];
            if (path.Length > 0 && Files.TryStatus(SafeFd.CurrentDirectory, path, followLink: true, out _) is not null)
            {
                return new(transport, path, at < 0 || at == rest.Length - 1 ? null : rest[(at + 1)..]);
            }

            if (at < 0)
            {
                return first <= 0 ? new(transport, rest, null) : new(transport, rest[..first], first == rest.Length - 1 ? null : rest[(first + 1)..]);
            }
        }
    }
}
