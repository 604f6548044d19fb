using OciRun.Spec;

namespace OciRun.Cgroups;

/// <summary>
/// From linux.resources to cgroup files, as pure functions: every field is converted, or an error with its place, never dropped in silence (config-linux.md,
/// "Control groups": where a conversion is not possible the runtime must give an error). Device rules are not among them.
/// </summary>
public static class ResourceWrites
{
    /// <summary>The places in config.json.</summary>
    internal const string Root = "/linux/resources/";

    /// <summary>For the unified hierarchy.</summary>
    /// <param name="resources">linux.resources; null: nothing.</param>
    /// <param name="available">Controllers of the container's cgroup (cgroup.controllers); null: all, for a plan without a machine.</param>
    /// <exception cref="CgroupException">A field cannot be converted, or its controller is missing.</exception>
    public static ResourceWriteList ForV2(Resources? resources, IReadOnlyCollection<string>? available)
    {
        if (resources is null)
        {
            return ResourceWriteList.Empty;
        }
        var writer = new ResourceWriter(CgroupMode.V2, available);
        V2Resources.Write(resources, writer);
        return writer.ToList();
    }

    /// <summary>For the hierarchies of v1 (also where a unified one is mounted beside them).</summary>
    /// <param name="resources">linux.resources; null: nothing.</param>
    /// <param name="available">Controllers with a mounted hierarchy; null: all.</param>
    /// <exception cref="CgroupException">A field cannot be converted, or its controller is missing.</exception>
    public static ResourceWriteList ForV1(Resources? resources, IReadOnlyCollection<string>? available)
    {
        if (resources is null)
        {
            return ResourceWriteList.Empty;
        }
        var writer = new ResourceWriter(CgroupMode.V1, available);
        V1Resources.Write(resources, writer);
        return writer.ToList();
    }
}
