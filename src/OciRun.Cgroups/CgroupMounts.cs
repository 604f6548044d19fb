using OciRun.Spec;

namespace OciRun.Cgroups;

/// <summary>
/// What a mount of type <c>cgroup</c> becomes in a container: one cgroup2 mount, or runc's tmpfs with one mount for each v1 hierarchy. Pure.
/// </summary>
public static class CgroupMounts
{
    /// <summary>Plans the mounts, in order.</summary>
    /// <param name="host">The machine.</param>
    /// <param name="paths"><see cref="Cgroup.Paths"/> of the container.</param>
    /// <param name="cgroupNamespace">The container has a cgroup namespace, new or joined.</param>
    /// <param name="userNamespace">It has a user namespace, or we are in one.</param>
    /// <param name="readOnly">The config's mount has the option ro.</param>
    /// <param name="source">The config's source, which names the device; null: <c>cgroup</c>.</param>
    public static CgroupMountPlan Plan(
        CgroupHost host, IReadOnlyDictionary<string, string> paths, bool cgroupNamespace, bool userNamespace, bool readOnly, string? source) =>
        new(host.Mode == CgroupMode.V2
            ? [Unified(host, paths, cgroupNamespace, userNamespace, readOnly, source ?? "cgroup")]
            : Hierarchies(host, paths, cgroupNamespace, readOnly));

    /// <summary>
    /// The container's root is to own its cgroup: a cgroup namespace of its own, and cgroup mounted at /sys/fs/cgroup with source <c>cgroup</c>, not read-only
    /// (config-linux.md, "Cgroup ownership"). v2 only.
    /// </summary>
    public static bool ShouldDelegate(CgroupHost host, RuntimeConfig config)
    {
        if (host.Mode != CgroupMode.V2 || !HasNewNamespace(config.Linux?.Namespaces))
        {
            return false;
        }
        var result = false;
        foreach (var mount in config.Mounts ?? [])
        {
            if (mount.Destination?.TrimEnd('/') == CgroupHost.MountPoint)
            {
                // The last one at that place is the one that is seen.
                result = mount.Type == "cgroup" && mount.Source == "cgroup" && Array.LastIndexOf(mount.Options ?? [], "ro") <= Array.LastIndexOf(mount.Options ?? [], "rw");
            }
        }
        return result;
    }

    private static bool HasNewNamespace(LinuxNamespace[]? namespaces)
    {
        foreach (var one in namespaces ?? [])
        {
            if (one.Type == "cgroup" && string.IsNullOrEmpty(one.Path))
            {
                return true;
            }
        }
        return false;
    }

    private static CgroupMount Unified(
        CgroupHost host, IReadOnlyDictionary<string, string> paths, bool cgroupNamespace, bool userNamespace, bool readOnly, string source)
    {
        var own = paths.GetValueOrDefault("");
        // Without a cgroup namespace the container must not reach, through a bind mount, cgroups that the host's user owns (CVE-2023-25809):
        // it gets its own, read-only; and where it has none, an empty place.
        var bind = own is null
            ? new CgroupMount(CgroupMountKind.Filesystem, "", "tmpfs", "tmpfs", "mode=755,size=0", true) { DefaultFlags = true }
            : new CgroupMount(CgroupMountKind.Bind, "", own, "", "", readOnly || !cgroupNamespace);
        if (userNamespace && !cgroupNamespace)
        {
            return bind; // the fresh mount is EPERM: the namespace of cgroups belongs to the host
        }
        // A mount from the host's cgroup namespace sets the options of the one hierarchy: without these the host would lose its nsdelegate.
        var options = cgroupNamespace ? "" : host.UnifiedOptions();
        return new CgroupMount(CgroupMountKind.Filesystem, "", source, "cgroup2", options, readOnly) { Fallback = bind };
    }

    private static List<CgroupMount> Hierarchies(CgroupHost host, IReadOnlyDictionary<string, string> paths, bool cgroupNamespace, bool readOnly)
    {
        var mounts = new List<CgroupMount>
        {
            // Not read-only, as in runc: only what is mounted in it matters.
            new(CgroupMountKind.Filesystem, "", "tmpfs", "tmpfs", "mode=755", false) { DefaultFlags = true },
        };
        var links = new List<CgroupMount>();
        foreach (var hierarchy in host.Hierarchies)
        {
            // runc shows the v1 hierarchies only; "unified" stays outside.
            if (hierarchy.Controllers[0].Length == 0 || !paths.TryGetValue(hierarchy.Controllers[0], out var path))
            {
                continue;
            }
            var name = hierarchy.MountPoint[(hierarchy.MountPoint.LastIndexOf('/') + 1)..];
            if (!cgroupNamespace)
            {
                mounts.Add(new CgroupMount(CgroupMountKind.Bind, name, path, "", "", readOnly));
            }
            else
            {
                var systemd = hierarchy.Controllers[0] == "name=systemd";
                mounts.Add(new CgroupMount(
                    CgroupMountKind.Filesystem, name, systemd ? "systemd" : "cgroup", "cgroup", systemd ? "name=systemd" : string.Join(',', hierarchy.Controllers), readOnly)
                { DefaultFlags = true });
            }
            for (var i = 0; hierarchy.Controllers.Count > 1 && i < hierarchy.Controllers.Count; i++)
            {
                if (hierarchy.Controllers[i] != name)
                {
                    links.Add(new CgroupMount(CgroupMountKind.Symlink, hierarchy.Controllers[i], name, "", "", false));
                }
            }
        }
        mounts.AddRange(links);
        return mounts;
    }
}
