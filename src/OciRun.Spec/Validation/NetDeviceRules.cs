using System.Buffers;

namespace OciRun.Spec.Validation;

/// <summary>Rules of netDevices (config-linux.md, Network Devices; the kernel's dev_valid_name).</summary>
internal static class NetDeviceRules
{
    private const string Clause = "config-linux.md#network-devices";

    /// <summary>IFNAMSIZ without its NUL.</summary>
    private const int NameMaximum = 15;

    private static readonly SearchValues<char> s_forbidden = SearchValues.Create("/:\0 \t\n\v\f\r");

    internal static void Apply(FindingCollector findings, Dictionary<string, NetDevice>? devices, in Scope scope)
    {
        if (devices is null || devices.Count == 0)
            return;
        if (!scope.Has(NamespaceTypes.Network))
        {
            findings.Must(FindingCode.NamespaceMissing, Clause,
                "devices can only be moved into a network namespace: add {\"type\": \"network\"} to linux.namespaces",
                "netDevices");
        }
        var names = new HashSet<string>();
        findings.Push("netDevices");
        foreach (var (hostName, device) in devices)
        {
            Name(findings, hostName, hostName);
            string name = string.IsNullOrEmpty(device?.Name) ? hostName : device.Name;
            findings.Push(hostName);
            if (name != hostName)
                Name(findings, name, "name");
            if (!name.EndsWith("%d", StringComparison.Ordinal) && !names.Add(name))
                findings.Must(FindingCode.Duplicate, Clause,
                    $"a second device would be named {Words.Quote(name)}: choose another name, or a template that ends in %d", "name");
            findings.Pop();
        }
        findings.Pop();
    }

    private static void Name(FindingCollector findings, string name, string member)
    {
        if (name is not ("" or "." or "..") && name.Length <= NameMaximum && System.Text.Encoding.UTF8.GetByteCount(name) <= NameMaximum
            && !name.AsSpan().ContainsAny(s_forbidden) && name.IndexOf('%', StringComparison.Ordinal) is var percent
            && (percent < 0 || percent == name.Length - 2 && name[^1] == 'd'))
            return;
        findings.Must(FindingCode.Malformed, Clause,
            $"{Words.Quote(name)} is no name of a network device: 1 to {NameMaximum} bytes without / : and spaces, % only as %d at the end", member);
    }
}
