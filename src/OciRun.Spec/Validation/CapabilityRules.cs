namespace OciRun.Spec.Validation;

/// <summary>
/// Rules of process.capabilities (config.md, Linux Process): what cannot be mapped or granted is named in a warning and left out; it never
/// makes create fail.
/// </summary>
internal static class CapabilityRules
{
    private const string Clause = "config.md#linux-process";

    internal static void Apply(FindingCollector findings, Capabilities? capabilities)
    {
        if (capabilities is null)
            return;
        findings.Push("capabilities");
        Unknown(findings, capabilities.Bounding, "bounding");
        Unknown(findings, capabilities.Effective, "effective");
        Unknown(findings, capabilities.Inheritable, "inheritable");
        Unknown(findings, capabilities.Permitted, "permitted");
        Unknown(findings, capabilities.Ambient, "ambient");
        ulong permitted = CapabilityNames.ToMask(capabilities.Permitted);
        Ungranted(findings, CapabilityNames.ToMask(capabilities.Effective) & ~permitted, "effective", "is not in permitted");
        Ungranted(findings, CapabilityNames.ToMask(capabilities.Ambient) & ~(permitted & CapabilityNames.ToMask(capabilities.Inheritable)), "ambient",
            "is not in both permitted and inheritable");
        findings.Pop();
    }

    private static void Unknown(FindingCollector findings, string[]? names, string set)
    {
        for (int i = 0; i < names?.Length; i++)
        {
            if (CapabilityNames.TryGetNumber(names[i], out _))
                continue;
            findings.Push(set);
            findings.Push(i);
            findings.Should(FindingCode.CapabilityUnavailable, Clause,
                $"capability {Words.Quote(names[i])} is unknown, and is left out", null,
                Words.Nearest(names[i] ?? "", CapabilityNames.All));
            findings.Pop();
            findings.Pop();
        }
    }

    private static void Ungranted(FindingCollector findings, ulong mask, string set, string reason)
    {
        if (mask == 0)
            return;
        List<string> names = [];
        for (int i = 0; i <= CapabilityNames.Last; i++)
        {
            if ((mask >> i & 1) != 0)
                names.Add(CapabilityNames.GetName(i)!);
        }
        findings.Should(FindingCode.CapabilityUnavailable, Clause,
            $"left out, as the kernel would refuse what {reason}: {string.Join(", ", names)}", set);
    }
}
