namespace OciRun.Cgroups;

/// <summary>Where a container's cgroups are, as runc's file driver puts them. No system call but, for a relative path, one look at /proc/self/cgroup.</summary>
internal static class CgroupPaths
{
    private const string Place = "/linux/cgroupsPath";

    /// <summary>Absolute directory by controller; the empty name is the unified hierarchy.</summary>
    internal static Dictionary<string, string> Plan(CgroupHost host, string? cgroupsPath, string id)
    {
        var inner = Clean(string.IsNullOrEmpty(cgroupsPath) ? id : cgroupsPath);
        if (inner is "" or "/")
        {
            throw new CgroupException($"cgroupsPath \"{cgroupsPath}\" is the root cgroup, which cannot be a container's", Place);
        }
        var paths = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var hierarchy in host.Hierarchies)
        {
            foreach (var controller in hierarchy.Controllers)
            {
                paths[controller] = Join(hierarchy.MountPoint, inner[0] == '/' ? inner : Join(Base(host, hierarchy, controller), inner));
            }
        }
        return paths;
    }

    /// <summary>Where relative paths start.</summary>
    private static string Base(CgroupHost host, CgroupHierarchy hierarchy, string controller)
    {
        var own = host.OwnPath(controller);
        if (host.Mode == CgroupMode.V2)
        {
            // The caller's own cgroup has processes, so it cannot pass controllers on; the one above it can.
            own = own[..Math.Max(own.LastIndexOf('/'), 0)];
        }
        else if (hierarchy.Root != "/")
        {
            // In a container without a cgroup namespace the mount shows only what is below its root.
            var below = own.StartsWith(hierarchy.Root + "/", StringComparison.Ordinal);
            own = below ? own[hierarchy.Root.Length..] : "/";
        }
        // From inside a cgroup namespace a process outside of it is seen as /../x.
        return own.Contains("..", StringComparison.Ordinal) ? "/" : own;
    }

    private static string Join(string directory, string inner) => directory.TrimEnd('/') + "/" + inner.TrimStart('/');

    /// <summary>Single slashes, no dots. What would leave the hierarchy is refused, not repaired.</summary>
    private static string Clean(string path)
    {
        if (path.AsSpan().IndexOfAny("\0\n") >= 0)
        {
            throw new CgroupException("cgroupsPath has a newline or a NUL in it", Place);
        }
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var clean = new List<string>(parts.Length);
        foreach (var part in parts)
        {
            if (part == "..")
            {
                throw new CgroupException($"cgroupsPath \"{path}\" has \"..\" in it", Place);
            }
            if (part != ".")
            {
                clean.Add(part);
            }
        }
        return (path[0] == '/' ? "/" : "") + string.Join('/', clean);
    }
}
