namespace OciRun.Spec.Validation;

/// <summary>Rules of namespaces, and of the settings that only make sense in one (config-linux.md).</summary>
internal static class NamespaceRules
{
    private const string Clause = "config-linux.md#namespaces";
    private const string MappingClause = "config-linux.md#user-namespace-mappings";
    private const string TimeClause = "config-linux.md#offset-for-time-namespace";

    private static readonly string[] s_clocks = ["monotonic", "boottime"];

    internal static void Apply(FindingCollector findings, LinuxSection linux, in Scope scope)
    {
        Namespaces(findings, linux.Namespaces);
        Mappings(findings, linux, scope);
        TimeOffsets(findings, linux.TimeOffsets, scope);
        if (!scope.Has(NamespaceTypes.Mount))
        {
            WithoutMountNamespace(findings, linux.MaskedPaths, "config-linux.md#masked-paths", "maskedPaths");
            WithoutMountNamespace(findings, linux.ReadonlyPaths, "config-linux.md#readonly-paths", "readonlyPaths");
        }
    }

    private static void Namespaces(FindingCollector findings, LinuxNamespace[]? namespaces)
    {
        if (namespaces is null)
            return;
        ulong seen = 0;
        findings.Push("namespaces");
        for (int i = 0; i < namespaces.Length; i++)
        {
            if (namespaces[i] is not { } entry)
                continue;
            findings.Push(i);
            if (entry.Type is "net" or "mnt")
            {
                // The kernel's own names, which edit distance would not find.
                findings.Must(FindingCode.UnknownValue, Clause,
                    $"\"{entry.Type}\" is unknown: expected {Words.OneOf(NamespaceTypes.All)}", "type",
                    entry.Type == "net" ? "network" : "mount");
            }
            else if (Check.Word(findings, Clause, entry.Type, "type", NamespaceTypes.All))
            {
                NamespaceTypes.TryGetFlag(entry.Type, out ulong flag);
                if ((seen & flag) != 0)
                    findings.Must(FindingCode.Duplicate, Clause, $"a second {entry.Type} namespace: remove one", "type");
                seen |= flag;
            }
            if (!string.IsNullOrEmpty(entry.Path))
                Check.AbsolutePath(findings, Clause, entry.Path, "path");
            findings.Pop();
        }
        findings.Pop();
    }

    private static void Mappings(FindingCollector findings, LinuxSection linux, in Scope scope)
    {
        bool uids = linux.UidMappings is { Length: > 0 }, gids = linux.GidMappings is { Length: > 0 };
        IdMappingRules.Apply(findings, MappingClause, linux.UidMappings, "uidMappings");
        IdMappingRules.Apply(findings, MappingClause, linux.GidMappings, "gidMappings");
        if (!scope.Has(NamespaceTypes.User))
        {
            if (uids || gids)
            {
                findings.Must(FindingCode.IdMappingsMissing, MappingClause,
                    "mappings without a user namespace: add {\"type\": \"user\"} to linux.namespaces, or remove them", uids ? "uidMappings" : "gidMappings");
            }
        }
        else if (uids != gids)
        {
            findings.Must(FindingCode.IdMappingsMissing, MappingClause,
                $"is missing beside {(uids ? "uidMappings" : "gidMappings")}: give both",
                uids ? "gidMappings" : "uidMappings");
        }
        else if (!uids && scope.IsNew(NamespaceTypes.User))
        {
            findings.Must(FindingCode.IdMappingsMissing, MappingClause,
                "a new user namespace has no mappings: give uidMappings and gidMappings (containerID, hostID, size)", "uidMappings");
        }
    }

    private static void TimeOffsets(FindingCollector findings, Dictionary<string, TimeOffset>? offsets, in Scope scope)
    {
        if (offsets is null || offsets.Count == 0)
            return;
        if (!scope.IsNew(NamespaceTypes.Time))
        {
            findings.Must(FindingCode.NamespaceMissing, TimeClause,
                scope.Has(NamespaceTypes.Time)
                    ? "the clocks of a joined time namespace cannot be changed: remove the offsets, or the namespace's path"
                    : "offsets need a time namespace: add {\"type\": \"time\"} to linux.namespaces", "timeOffsets");
        }
        findings.Push("timeOffsets");
        foreach (var (clock, offset) in offsets)
        {
            if (!Check.Word(findings, TimeClause, clock, clock, s_clocks) || offset is null || offset.Nanosecs < 1_000_000_000)
                continue;
            findings.Push(clock);
            findings.Must(FindingCode.OutOfRange, TimeClause, $"{offset.Nanosecs} is out of range: expected 0 to 999999999", "nanosecs");
            findings.Pop();
        }
        findings.Pop();
    }

    private static void WithoutMountNamespace(FindingCollector findings, string[]? paths, string clause, string member)
    {
        if (paths is { Length: > 0 })
        {
            findings.Must(FindingCode.NamespaceMissing, clause,
                "would change the host's mounts: add {\"type\": \"mount\"} to linux.namespaces, or remove the paths", member);
        }
    }
}
