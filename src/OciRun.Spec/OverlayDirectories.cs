using System.Text;

namespace OciRun.Spec;

/// <summary>
/// The layers that a config's annotations make the root filesystem of: <c>io.ocirun.overlay.lowerdir</c>, top layer first, separated by colons, and for a writable one
/// <c>upperdir</c> and <c>workdir</c>. Paths are absolute or relative to the bundle; <c>\:</c> and <c>\\</c> stand for a colon and a backslash.
/// </summary>
/// <param name="Lower">Not empty; the top layer first.</param>
/// <param name="Upper">Null: read-only.</param>
/// <param name="Work">On the file system of the upper one.</param>
public sealed record OverlayDirectories(IReadOnlyList<string> Lower, string? Upper, string? Work)
{
    /// <summary>What the names of the annotations begin with.</summary>
    public const string Prefix = "io.ocirun.overlay.";

    private const string LowerKey = Prefix + "lowerdir", UpperKey = Prefix + "upperdir", WorkKey = Prefix + "workdir";

    /// <summary>Null where no annotation asks for layers, or <paramref name="fault"/> says what is wrong with them.</summary>
    public static OverlayDirectories? From(IReadOnlyDictionary<string, string>? annotations, out (string Key, string Problem)? fault)
    {
        fault = null;
        if (annotations is null || !Any(annotations))
        {
            return null;
        }

        fault = Fault(annotations, out List<string> lower);
        return fault is null ? new OverlayDirectories(lower, annotations.GetValueOrDefault(UpperKey), annotations.GetValueOrDefault(WorkKey)) : null;
    }

    /// <summary>The value of lowerdir for these directories.</summary>
    public static string Join(IEnumerable<string> lower) => string.Join(':', lower.Select(path => path.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal)));

    private static bool Any(IReadOnlyDictionary<string, string> annotations)
    {
        foreach (string key in annotations.Keys)
        {
            if (key.StartsWith(Prefix, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static (string, string)? Fault(IReadOnlyDictionary<string, string> annotations, out List<string> lower)
    {
        lower = [];
        foreach ((string key, string value) in annotations)
        {
            if (!key.StartsWith(Prefix, StringComparison.Ordinal))
            {
                continue;
            }

            if (key is not (LowerKey or UpperKey or WorkKey))
            {
                return (key, "is not known: there are lowerdir, upperdir and workdir");
            }

            if (value.Length == 0 || value.Contains('\0', StringComparison.Ordinal))
            {
                return (key, "is empty: name a directory");
            }
        }

        if (!annotations.TryGetValue(LowerKey, out string? list))
        {
            return (LowerKey, "is missing: an overlay needs a lower directory");
        }

        if (annotations.ContainsKey(UpperKey) != annotations.ContainsKey(WorkKey))
        {
            return annotations.ContainsKey(UpperKey) ? (WorkKey, "is missing: an upper directory needs a work directory on its file system") : (UpperKey, "is missing: a work directory belongs to an upper directory");
        }

        lower = Split(list);
        return lower.Contains("") ? (LowerKey, "has an empty part: directories are separated by single colons, a colon in a name is written \"\\:\"") : null;
    }

    private static List<string> Split(string list)
    {
        var parts = new List<string>();
        var part = new StringBuilder();
        for (int i = 0; i < list.Length; i++)
        {
            if (list[i] == '\\' && i + 1 < list.Length && list[i + 1] is (':' or '\\'))
            {
                part.Append(list[++i]);
            }
            else if (list[i] == ':')
            {
                parts.Add(part.ToString());
                part.Clear();
            }
            else
            {
                part.Append(list[i]);
            }
        }

        parts.Add(part.ToString());
        return parts;
    }
}
