namespace OciRun.Spec.Validation;

/// <summary>Rules of linux (config-linux.md); the larger parts have files of their own.</summary>
internal static class LinuxRules
{
    private const string RdtClause = "config-linux.md#intelrdt";
    private const string MemoryPolicyClause = "config-linux.md#memory-policy";
    private const string PersonalityClause = "config-linux.md#personality";

    private static readonly string[] s_propagations = ["shared", "slave", "private", "unbindable", "rshared", "rslave", "rprivate", "runbindable"];

    private static readonly string[] s_domains = ["LINUX", "LINUX32"];

    internal static void Apply(FindingCollector findings, LinuxSection linux, in Scope scope)
    {
        findings.Push("linux");
        NamespaceRules.Apply(findings, linux, scope);
        DeviceRules.Apply(findings, linux.Devices, scope);
        NetDeviceRules.Apply(findings, linux.NetDevices, scope);
        SysctlRules.Apply(findings, linux.Sysctl, scope);
        CgroupsPath(findings, linux.CgroupsPath);
        if (linux.Resources is not null)
        {
            findings.Push("resources");
            ResourceRules.Apply(findings, linux.Resources, update: false);
            findings.Pop();
        }
        SeccompRules.Apply(findings, linux.Seccomp);
        if (!string.IsNullOrEmpty(linux.RootfsPropagation))
            Check.Word(findings, "config-linux.md#rootfs-mount-propagation", linux.RootfsPropagation, "rootfsPropagation", s_propagations);
        Check.AbsolutePaths(findings, "config-linux.md#masked-paths", linux.MaskedPaths, "maskedPaths");
        Check.AbsolutePaths(findings, "config-linux.md#readonly-paths", linux.ReadonlyPaths, "readonlyPaths");
        Check.Line(findings, "config-linux.md#mount-label", linux.MountLabel, "mountLabel");
        IntelRdt(findings, linux.IntelRdt);
        MemoryPolicy(findings, linux.MemoryPolicy);
        Personality(findings, linux.Personality);
        findings.Pop();
    }

    private static void CgroupsPath(FindingCollector findings, string? path)
    {
        const string Clause = "config-linux.md#cgroups-path";
        if (string.IsNullOrEmpty(path) || !Check.Line(findings, Clause, path, "cgroupsPath") || !Check.Path(findings, Clause, path, "cgroupsPath"))
            return;
        // Colons separate the parts of systemd's form, slice:prefix:name.
        foreach (var part in path.AsSpan().SplitAny('/', ':'))
        {
            if (path.AsSpan(part) is not "..")
                continue;
            findings.Must(FindingCode.Traversal, Clause,
                $"{Words.Quote(path)} holds \"..\", which could lead out of the hierarchy: write the plain path",
                "cgroupsPath");
            return;
        }
    }

    private static void IntelRdt(FindingCollector findings, IntelRdt? rdt)
    {
        if (rdt is null)
            return;
        findings.Push("intelRdt");
        if (!string.IsNullOrEmpty(rdt.ClosID) && rdt.ClosID != "/" && Check.Line(findings, RdtClause, rdt.ClosID, "closID")
            && (rdt.ClosID is "." or ".." || rdt.ClosID.Contains('/', StringComparison.Ordinal)))
        {
            findings.Must(FindingCode.Traversal, RdtClause,
                $"{Words.Quote(rdt.ClosID)} is no class of service: give the name of one directory of resctrl, or \"/\" for the default class", "closID");
        }
        if (Check.Text(findings, RdtClause, rdt.L3CacheSchema, "l3CacheSchema") && rdt.L3CacheSchema is { Length: > 0 } l3
            && (!l3.StartsWith("L3:", StringComparison.Ordinal) || l3.Contains('\n', StringComparison.Ordinal)))
            findings.Should(FindingCode.Malformed, RdtClause,
                $"{Words.Quote(l3)} should be one line that starts with L3:", "l3CacheSchema");
        if (Check.Line(findings, RdtClause, rdt.MemBwSchema, "memBwSchema") && rdt.MemBwSchema is { Length: > 0 } bandwidth
            && !bandwidth.StartsWith("MB:", StringComparison.Ordinal))
            findings.Must(FindingCode.Malformed, RdtClause, $"{Words.Quote(bandwidth)} must start with MB:", "memBwSchema");
        findings.Push("schemata");
        for (int i = 0; i < rdt.Schemata?.Length; i++)
        {
            findings.Push(i);
            Check.Line(findings, RdtClause, rdt.Schemata[i], null);
            findings.Pop();
        }
        findings.Pop();
        findings.Pop();
    }

    private static void MemoryPolicy(FindingCollector findings, MemoryPolicy? policy)
    {
        if (policy is null)
            return;
        findings.Push("memoryPolicy");
        Check.EachWord(findings, MemoryPolicyClause, policy.Flags, "flags", MemoryPolicyNames.Flags);
        Check.NumberList(findings, MemoryPolicyClause, policy.Nodes, "nodes");
        if (Check.Word(findings, MemoryPolicyClause, policy.Mode, "mode", MemoryPolicyNames.Modes))
        {
            bool nodes = CpuList.TryParse(policy.Nodes, out ulong[] mask) && mask.Length > 0;
            if (policy.Mode is "MPOL_DEFAULT" or "MPOL_LOCAL" ? nodes : !nodes && policy.Mode != "MPOL_PREFERRED")
            {
                findings.Must(FindingCode.Conflict, MemoryPolicyClause,
                    nodes ? $"{policy.Mode} takes no nodes: remove them" : $"{policy.Mode} needs at least one node, as in \"0-3,7\"", "nodes");
            }
            if (policy.Flags is { } flags && Array.IndexOf(flags, "MPOL_F_STATIC_NODES") >= 0 && Array.IndexOf(flags, "MPOL_F_RELATIVE_NODES") >= 0)
                findings.Must(FindingCode.Conflict, MemoryPolicyClause,
                    "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other: choose one", "flags");
        }
        findings.Pop();
    }

    private static void Personality(FindingCollector findings, Personality? personality)
    {
        if (personality is null)
            return;
        findings.Push("personality");
        Check.Word(findings, PersonalityClause, personality.Domain, "domain", s_domains);
        if (personality.Flags is { Length: > 0 })
            findings.Must(FindingCode.Unsupported, PersonalityClause, "the specification has no flags yet: remove them", "flags");
        findings.Pop();
    }
}
