namespace OciRun.Cgroups.Systemd;

/// <summary>Which unit a container gets, and where its cgroup is then: <c>slice:prefix:name</c> of linux.cgroupsPath, as runc reads it.</summary>
/// <param name="Unit"><c>prefix-name.scope</c>.</param>
/// <param name="Slice"><c>kube-pod1.slice</c>; <c>-.slice</c> is the root.</param>
/// <param name="Path">Of the unit's cgroup below that of the manager: <c>/kube.slice/kube-pod1.slice/cri-abc.scope</c>.</param>
internal sealed record UnitName(string Unit, string Slice, string Path)
{
    private const string Place = "/linux/cgroupsPath";
    private const string SliceSuffix = ".slice";
    private const int MaxLength = 255; // UNIT_NAME_MAX

    /// <param name="cgroupsPath">Null and empty: the default slice, and a name of the id.</param>
    /// <param name="id">Of the container.</param>
    /// <param name="user">The systemd of a user makes it.</param>
    /// <exception cref="CgroupException">It has another form, or names no slice or unit that can be.</exception>
    internal static UnitName From(string? cgroupsPath, string id, bool user)
    {
        var parts = string.IsNullOrEmpty(cgroupsPath) ? ["", "ocirun", id] : cgroupsPath.Split(':');
        if (parts.Length != 3)
        {
            throw new CgroupException($"with the systemd cgroup driver cgroupsPath has the form \"slice:prefix:name\", as system.slice:docker:1234; \"{Quote(cgroupsPath!)}\" has not", Place);
        }
        var slice = parts[0].Length > 0 ? parts[0] : user ? "user.slice" : "system.slice";
        if (parts[2].EndsWith(SliceSuffix, StringComparison.Ordinal))
        {
            throw new CgroupException($"cgroupsPath names a slice, \"{Quote(parts[2])}\": systemd keeps processes in scopes only; give a name without .slice", Place);
        }
        var unit = parts[1] + "-" + parts[2] + ".scope";
        if (parts[2].Length == 0 || unit.Length > MaxLength || !HasOnlyUnitCharacters(unit))
        {
            throw new CgroupException($"\"{Quote(unit)}\" is no name of a unit: at most {MaxLength} letters, digits and any of :-_.\\@", Place);
        }
        return new UnitName(unit, slice, ExpandSlice(slice) + "/" + Escape(unit));
    }

    /// <summary>The cgroup of a slice: <c>a-b.slice</c> is in <c>a.slice</c>. Empty for the root.</summary>
    internal static string ExpandSlice(string slice)
    {
        if (slice == "-" + SliceSuffix)
        {
            return "";
        }
        var name = slice.EndsWith(SliceSuffix, StringComparison.Ordinal) ? slice[..^SliceSuffix.Length] : "";
        var path = "";
        for (var end = name.IndexOf('-', StringComparison.Ordinal); ; end = name.IndexOf('-', end + 1))
        {
            var part = end < 0 ? name : name[..end];
            if (part.Length == 0 || part[^1] == '-' || slice.Length > MaxLength || !HasOnlyUnitCharacters(slice))
            {
                throw new CgroupException($"\"{Quote(slice)}\" is no name of a slice, as kube-pod1.slice (- for a slice in another, -.slice for the root)", Place);
            }
            path += "/" + Escape(part + SliceSuffix);
            if (end < 0)
            {
                return path;
            }
        }
    }

    /// <summary>A name that the kernel's own files could have gets an underscore (cg_escape of systemd).</summary>
    private static string Escape(string name) => name[0] is '_' or '.' || name.StartsWith("cgroup.", StringComparison.Ordinal) ? "_" + name : name;

    private static bool HasOnlyUnitCharacters(string name)
    {
        foreach (var letter in name)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && !":-_.\\@".Contains(letter, StringComparison.Ordinal))
            {
                return false;
            }
        }
        return true;
    }

    private static string Quote(string text) => Linux.Quoting.Escape(text);
}
