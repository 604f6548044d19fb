using System.Globalization;
using OciRun.Linux;

namespace OciRun.Cgroups;

/// <summary>Reads what cgroup files say.</summary>
internal static class CgroupValues
{
    /// <summary>The value of a line <c>key value</c>; null without one.</summary>
    internal static long? Keyed(string text, string key)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.Length > key.Length && line[key.Length] == ' ' && line.StartsWith(key, StringComparison.Ordinal)
                && long.TryParse(line[(key.Length + 1)..], CultureInfo.InvariantCulture, out var value))
            {
                return value;
            }
        }
        return null;
    }

    internal static long? Number(SafeFd directory, string file) =>
        CgroupFiles.TryRead(directory, file, out var text) == Errno.None && long.TryParse(text.AsSpan().Trim(), CultureInfo.InvariantCulture, out var value) ? value : null;
}
