using System.Text;
using OciRun.Linux;

namespace OciRun.Build;

/// <summary>A file of an image, seen through its layers without mounting them.</summary>
internal static class LayerFiles
{
    private const int LimitBytes = 1 << 20;

    /// <summary>
    /// The text of a regular file; empty where there is none, and where a link or something else stands in its place: nothing outside the layers is ever read
    /// (CVE-2024-9676 is what following a link of the image's /etc/passwd led to).
    /// </summary>
    /// <param name="layers">Directories, the top layer first.</param>
    /// <param name="path">Relative.</param>
    /// <exception cref="LinuxException">It cannot be read, or is longer than 1 MiB (EFBIG).</exception>
    internal static string Read(IReadOnlyList<string> layers, string path)
    {
        foreach (string layer in layers)
        {
            using SafeFd directory = Files.Open(layer, OpenFlags.ReadOnly | OpenFlags.Directory);
            using SafeFd? file = TreeFiles.TryOpen(directory, path, OpenFlags.ReadOnly | OpenFlags.NonBlock | OpenFlags.NoCtty, out Errno errno);
            if (file is null && errno is Errno.ENOENT)
            {
                continue; // a layer below may have it, even where a directory of this one is opaque: then it has been moved away, and its name is not used
            }

            // A whiteout is a character device 0:0 and cannot be opened.
            return file is not null && Files.Status(file, path).Type == FileType.Regular ? Encoding.UTF8.GetString(Files.ReadAll(file, path, LimitBytes)) : "";
        }

        return "";
    }
}
