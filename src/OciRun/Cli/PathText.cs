using OciRun.Runtime;

namespace OciRun.Cli;

/// <summary>Paths of the command line.</summary>
internal static class PathText
{
    /// <summary>
    /// <paramref name="path"/>, absolute. <c>..</c> after a name stays for the kernel: where the name is a symbolic link, striking out both would
    /// lead elsewhere.
    /// </summary>
    internal static string Absolute(string path)
    {
        string result = path.StartsWith('/') ? "/" : CurrentDirectory();
        bool named = false;
        foreach (var range in path.AsSpan().Split('/'))
        {
            string part = path[range];
            if (part is "" or ".")
            {
                continue;
            }
            if (part == ".." && !named)
            {
                result = Path.GetDirectoryName(result) ?? "/";
                continue;
            }
            named = true;
            result = result == "/" ? $"/{part}" : $"{result}/{part}";
        }
        return result;
    }

    /// <summary>The current directory; throws <see cref="ContainerException"/> when it has been removed.</summary>
    internal static string CurrentDirectory()
    {
        try
        {
            return Environment.CurrentDirectory;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ContainerException(ErrorCode.Usage, "the current directory does not exist or cannot be read: give absolute paths", error);
        }
    }
}
