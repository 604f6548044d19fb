namespace OciRun.Runtime.Planning;

/// <summary>Paths as text, before any file is looked at. Nothing here says where a path leads inside a root filesystem: only the kernel does.</summary>
internal static class Paths
{
    /// <summary>Absolute, without empty, <c>.</c> and <c>..</c> components; a relative path is read as relative to / (S44). Never leaves /.</summary>
    internal static string Clean(string path)
    {
        var parts = new List<string>();
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == "..")
            {
                if (parts.Count > 0)
                {
                    parts.RemoveAt(parts.Count - 1);
                }
            }
            else if (part != ".")
            {
                parts.Add(part);
            }
        }

        return "/" + string.Join('/', parts);
    }

    /// <summary>Absolute, or below <paramref name="directory"/>; nothing is cleaned away, since <c>a/../b</c> is not <c>b</c> where a is a link.</summary>
    internal static string Below(string directory, string path) => path.StartsWith('/') ? path : directory + "/" + path;
}
