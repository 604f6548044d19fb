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

    /// <summary>
    /// Cgroups below a container's (exec --cgroup). A path must stay below: whole components count, so that neither <c>..</c> nor a name that begins like the container's leads
    /// out (runc 1.5.2).
    /// </summary>
    /// <param name="paths">The container's directories by controller.</param>
    /// <param name="arguments"><c>PATH</c> for all of them, once; or <c>CONTROLLER[,CONTROLLER...]:PATH</c> for some. A slash at the beginning is that of the container.</param>
    internal static Dictionary<string, string> Below(IReadOnlyDictionary<string, string> paths, IReadOnlyList<string> arguments)
    {
        if (paths.Count == 0 && arguments.Count > 0)
        {
            throw new CgroupException("the container has no cgroup, so it has none for --cgroup");
        }
        var result = new Dictionary<string, string>(paths, StringComparer.Ordinal);
        var named = new HashSet<string>(StringComparer.Ordinal);
        foreach (var argument in arguments)
        {
            var colon = argument.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0 && arguments.Count > 1)
            {
                throw new CgroupException($"invalid --cgroup argument: \"{argument}\" (missing <controller>: prefix)");
            }
            IEnumerable<string> controllers = colon < 0 ? [.. result.Keys] : argument[..colon].Split(',');
            foreach (var controller in controllers)
            {
                if (colon >= 0 && controller.Length == 0)
                {
                    throw new CgroupException($"invalid --cgroup argument: \"{argument}\" (empty <controller> prefix)");
                }
                if (!named.Add(controller))
                {
                    throw new CgroupException($"invalid --cgroup arguments: controller {controller} specified multiple times");
                }
                if (!result.TryGetValue(controller, out var path))
                {
                    throw new CgroupException($"invalid --cgroup argument: \"{argument}\": the container has no cgroup of a controller \"{controller}\"");
                }
                result[controller] = Below(path, argument[(colon + 1)..]);
            }
        }
        return result;
    }

    private static string Below(string path, string inner)
    {
        foreach (var part in inner.Split('/'))
        {
            if (part == ".." || part.AsSpan().IndexOfAny('\0', '\n') >= 0)
            {
                throw new CgroupException($"\"{inner}\" is not a sub cgroup path: it must lie below the container's cgroup");
            }
            if (part is not ("" or "."))
            {
                path = path + "/" + part;
            }
        }
        return path;
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
