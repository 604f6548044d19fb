namespace OciRun.Spec.Validation;

/// <summary>Rules of sysctl (config-linux.md, Sysctl): only what belongs to a namespace that the container does not share with the
/// host.</summary>
internal static class SysctlRules
{
    private const string Clause = "config-linux.md#sysctl";

    internal static void Apply(FindingCollector findings, Dictionary<string, string>? sysctls, in Scope scope)
    {
        if (sysctls is null)
            return;
        findings.Push("sysctl");
        foreach (var (key, value) in sysctls)
        {
            Check.Text(findings, Clause, value, key);
            if (!SysctlKeys.TryNormalize(key, out string path))
            {
                findings.Must(FindingCode.Traversal, Clause,
                    $"{Words.Quote(key)} is no kernel parameter: write it as in net.ipv4.ip_forward or net/ipv4/ip_forward", key);
                continue;
            }
            if (path == "kernel/hostname")
            {
                findings.Must(FindingCode.Conflict, Clause,
                    "the host name has a property of its own: use \"hostname\" at the top of the config", key);
                continue;
            }
            ulong needed = SysctlKeys.NamespaceOf(path);
            if (needed == 0)
            {
                findings.Must(FindingCode.SysctlNotNamespaced, Clause,
                    $"{Words.Quote(key)} is a parameter of the whole machine, not of a namespace: set it on the host", key);
            }
            else if (!scope.Has(needed))
            {
                string type = needed == NamespaceTypes.Network ? "network" : NamespaceTypes.ProcFile(needed);
                findings.Must(FindingCode.SysctlNotNamespaced, Clause,
                    $"{Words.Quote(key)} would change the host: it needs {{\"type\": \"{type}\"}} in linux.namespaces", key);
            }
        }
        findings.Pop();
    }
}
