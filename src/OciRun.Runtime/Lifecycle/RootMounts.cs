namespace OciRun.Runtime.Lifecycle;

/// <summary>What is mounted on the root filesystem of a container, proc_pid_mountinfo(5): on it, not on another mount in it.</summary>
internal static class RootMounts
{
    /// <summary>The mount points of the process, relative to its root, as raw names; null when it has ended.</summary>
    internal static List<string>? TryRead(int pid) => MountEntry.TryReadText(pid) is { } text ? Parse(text) : null;

    /// <summary>The same of the file's text.</summary>
    internal static List<string> Parse(string text)
    {
        var found = new List<string>();
        string? root = null;
        var lines = new List<(string Parent, string Point)>();
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] fields = line.Split(' ', 6);
            if (fields.Length < 6)
            {
                continue;
            }

            if (fields[4] == "/")
            {
                root = fields[0]; // the last one is the one that shows
            }
            else
            {
                lines.Add((fields[1], fields[4]));
            }
        }

        foreach (var (parent, point) in lines)
        {
            if (parent == root)
            {
                found.Add(Unescape(point[1..]));
            }
        }

        return found;
    }

    /// <summary>Space, tab, line feed and backslash are three octal digits behind a backslash.</summary>
    internal static string Unescape(string text)
    {
        for (int at = text.IndexOf('\\', StringComparison.Ordinal); at >= 0 && at + 3 < text.Length; at = text.IndexOf('\\', at + 1))
        {
            char value = (char)(((text[at + 1] - '0') << 6) | ((text[at + 2] - '0') << 3) | (text[at + 3] - '0'));
            text = text[..at] + value + text[(at + 4)..];
        }

        return text;
    }
}
