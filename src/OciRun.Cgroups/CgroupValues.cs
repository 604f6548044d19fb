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

    internal static long? Number(SafeFd directory, string file) => Unsigned(directory, file) is { } value and <= long.MaxValue ? (long)value : null;

    /// <summary>A number; null without one, and for <c>max</c>.</summary>
    internal static ulong? Unsigned(SafeFd directory, string file) =>
        CgroupFiles.TryRead(directory, file, out var text) == Errno.None && ulong.TryParse(text.AsSpan().Trim(), CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>All lines <c>key value</c> of a file; none where it cannot be read.</summary>
    internal static Dictionary<string, ulong> Table(SafeFd directory, string file)
    {
        var table = new Dictionary<string, ulong>(StringComparer.Ordinal);
        if (CgroupFiles.TryRead(directory, file, out var text) != Errno.None)
        {
            return table;
        }
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split(' ') is [var key, var value] && ulong.TryParse(value, CultureInfo.InvariantCulture, out var number))
            {
                table[key] = number;
            }
        }
        return table;
    }

    /// <summary><c>8:16</c>.</summary>
    internal static bool TryDevice(ReadOnlySpan<char> text, out uint major, out uint minor)
    {
        var colon = text.IndexOf(':');
        minor = 0;
        major = 0;
        return colon > 0 && uint.TryParse(text[..colon], CultureInfo.InvariantCulture, out major) && uint.TryParse(text[(colon + 1)..], CultureInfo.InvariantCulture, out minor);
    }

    /// <summary>Lines <c>some avg10=0.00 avg60=0.00 avg300=0.00 total=0</c>.</summary>
    internal static List<Pressure> Pressures(string text)
    {
        var pressures = new List<Pressure>(2);
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ');
            if (words.Length >= 5)
            {
                pressures.Add(new Pressure(words[0], Average(words[1]), Average(words[2]), Average(words[3]), ulong.Parse(After(words[4]), CultureInfo.InvariantCulture)));
            }
        }
        return pressures;

        static double Average(string word) => double.Parse(After(word), CultureInfo.InvariantCulture);
        static ReadOnlySpan<char> After(string word) => word.AsSpan(word.IndexOf('=', StringComparison.Ordinal) + 1);
    }

    /// <summary>The sizes of huge pages that are counted, as <c>2MB</c>: of files <c>hugetlb.2MB.current</c>. Not those that are only reserved.</summary>
    internal static List<string> HugePageSizes(SafeFd directory, string suffix)
    {
        const string Prefix = "hugetlb.";
        return Files.Names(directory, "cgroup")
            .FindAll(name => name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(suffix, StringComparison.Ordinal) && !name.EndsWith(".rsvd" + suffix, StringComparison.Ordinal))
            .ConvertAll(name => name[Prefix.Length..^suffix.Length]);
    }
}
