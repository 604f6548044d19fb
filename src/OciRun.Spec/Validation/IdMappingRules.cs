namespace OciRun.Spec.Validation;

/// <summary>Rules of id mappings, which the kernel only answers with EINVAL (user_namespaces(7), "Defining user and group ID
/// mappings").</summary>
internal static class IdMappingRules
{
    /// <summary>UID_GID_MAP_MAX_EXTENTS, Linux 4.15.</summary>
    private const int ExtentsMaximum = 340;

    internal static void Apply(FindingCollector findings, string clause, IdMapping[]? mappings, string member)
    {
        if (mappings is null)
            return;
        if (mappings.Length > ExtentsMaximum)
        {
            findings.Must(FindingCode.IdMappingInvalid, clause, $"has {mappings.Length} entries: the kernel takes at most {ExtentsMaximum}", member);
            return;
        }
        findings.Push(member);
        for (int i = 0; i < mappings.Length; i++)
        {
            findings.Push(i);
            if (mappings[i] is { } mapping)
                One(findings, clause, mapping, mappings.AsSpan(0, i));
            findings.Pop();
        }
        findings.Pop();
    }

    private static void One(FindingCollector findings, string clause, IdMapping mapping, ReadOnlySpan<IdMapping> before)
    {
        if (mapping.Size == 0)
        {
            findings.Must(FindingCode.IdMappingInvalid, clause, "maps no id: give a size of at least 1", "size");
            return;
        }
        // The last id, 4294967295, means "none" and cannot be mapped.
        if ((ulong)mapping.ContainerID + mapping.Size > uint.MaxValue || (ulong)mapping.HostID + mapping.Size > uint.MaxValue)
            findings.Must(FindingCode.IdMappingInvalid, clause, $"reaches beyond the last id, {uint.MaxValue - 1}: lower the size", "size");
        foreach (var other in before)
        {
            if (other is null)
                continue;
            bool container = Overlap(mapping.ContainerID, mapping.Size, other.ContainerID, other.Size);
            if (!container && !Overlap(mapping.HostID, mapping.Size, other.HostID, other.Size))
                continue;
            findings.Must(FindingCode.IdMappingInvalid, clause,
                $"overlaps an earlier entry ({other.ContainerID} to {other.HostID}, size {other.Size}): map every id once",
                container ? "containerID" : "hostID");
            return;
        }
    }

    private static bool Overlap(ulong first, ulong firstSize, ulong second, ulong secondSize) =>
        first < second + secondSize && second < first + firstSize;
}
