namespace OciRun.Spec;

/// <summary>Lookups in id mappings (user_namespaces(7)).</summary>
public static class IdMappings
{
    /// <summary>(uid_t)-1: "no id" in every system call that takes one.</summary>
    public const uint Invalid = uint.MaxValue;

    /// <summary>The id on the host of an id in the container.</summary>
    /// <param name="mappings">linux.uidMappings or gidMappings.</param>
    /// <param name="id">Id in the container.</param>
    /// <param name="hostId">Id on the host.</param>
    /// <returns>False when no mapping covers it.</returns>
    public static bool TryToHost(ReadOnlySpan<IdMapping> mappings, uint id, out uint hostId)
    {
        foreach (var mapping in mappings)
        {
            if (id >= mapping.ContainerID && id - mapping.ContainerID < mapping.Size)
            {
                hostId = mapping.HostID + (id - mapping.ContainerID);
                return true;
            }
        }
        hostId = Invalid;
        return false;
    }

    /// <summary>The same ranges in the same order.</summary>
    /// <param name="first">Mappings; null is empty.</param>
    /// <param name="second">Mappings; null is empty.</param>
    public static bool Same(ReadOnlySpan<IdMapping> first, ReadOnlySpan<IdMapping> second)
    {
        if (first.Length != second.Length)
            return false;
        for (int i = 0; i < first.Length; i++)
        {
            if (first[i].ContainerID != second[i].ContainerID || first[i].HostID != second[i].HostID || first[i].Size != second[i].Size)
                return false;
        }
        return true;
    }
}
