using OciRun.Spec.Validation;

namespace OciRun.Spec;

/// <summary>
/// The rules of the specification (and of the kernel) that can be checked by looking at a config alone. All of them are checked, so that a
/// user sees every fault at once. Unknown properties are not its business: they are ignored, and <see cref="ConfigReader.Inspect"/> names
/// them.
/// </summary>
public static class ConfigValidator
{
    /// <summary>Checks a config.</summary>
    /// <param name="config">As it was read.</param>
    /// <returns>
    /// Empty for a good one. A <see cref="FindingLevel.Must"/> means that create must fail. Positions are not filled in:
    /// <see cref="ConfigReader.WithPositions"/> does that when they are needed.
    /// </returns>
    public static IReadOnlyList<Finding> Validate(RuntimeConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var findings = new FindingCollector();
        var scope = new Scope(config.Linux);
        GeneralRules.Apply(findings, config, scope);
        // Absent is fine at create (runtime.md, Create); start then has nothing to run, and says so.
        if (config.Process is not null)
        {
            findings.Push("process");
            ProcessRules.Apply(findings, config.Process, scope, KeepsGroups(config));
            findings.Pop();
        }
        MountRules.Apply(findings, config.Mounts, scope);
        HookRules.Apply(findings, config.Hooks);
        if (config.Linux is not null)
            LinuxRules.Apply(findings, config.Linux, scope);
        Together(findings, config);
        return findings.Findings;
    }

    /// <summary>Everything that can be said of a config.json: what cannot be read, properties that the specification does not have, and the rules.</summary>
    /// <param name="json">The whole file.</param>
    /// <param name="config">What it says; null when it cannot be read: then the rules could not be looked at.</param>
    /// <returns>In the order of the document, with positions.</returns>
    public static IReadOnlyList<Finding> ValidateDocument(ReadOnlySpan<byte> json, out RuntimeConfig? config)
    {
        var findings = ConfigReader.Inspect(json);
        config = HasFaults(findings) ? null : ConfigReader.Read(json);
        return config is null ? InOrder(json, findings) : InOrder(json, [.. findings, .. Validate(config)]);
    }

    /// <summary>The same findings with their positions, in the order of the document.</summary>
    /// <param name="json">The whole file that they are about.</param>
    /// <param name="findings">Those of one place stay in their order.</param>
    public static IReadOnlyList<Finding> InOrder(ReadOnlySpan<byte> json, IReadOnlyList<Finding> findings)
    {
        Finding[] sorted = [.. ConfigReader.WithPositions(json, findings)];
        for (int i = 1; i < sorted.Length; i++)
        {
            for (int j = i; j > 0 && IsBefore(sorted[j], sorted[j - 1]); j--)
                (sorted[j], sorted[j - 1]) = (sorted[j - 1], sorted[j]);
        }
        return sorted;
    }

    private static bool IsBefore(Finding a, Finding b) => a.Line != b.Line ? a.Line < b.Line : a.Column < b.Column;

    /// <summary>Checks a process document, as exec takes it; places are relative to that document.</summary>
    /// <param name="process">As it was read.</param>
    /// <param name="container">Config of the container it shall run in; null when unknown.</param>
    public static IReadOnlyList<Finding> ValidateProcess(Process process, RuntimeConfig? container)
    {
        ArgumentNullException.ThrowIfNull(process);
        var findings = new FindingCollector();
        ProcessRules.Apply(findings, process, new Scope(container?.Linux), KeepsGroups(container));
        return findings.Findings;
    }

    /// <summary>Checks mounts that a container shall get; places begin with /mounts.</summary>
    /// <param name="mounts">As they were read.</param>
    /// <param name="container">Config of the container.</param>
    public static IReadOnlyList<Finding> ValidateMounts(Mount[] mounts, RuntimeConfig container)
    {
        ArgumentNullException.ThrowIfNull(container);
        var findings = new FindingCollector();
        MountRules.Apply(findings, mounts, new Scope(container.Linux));
        return findings.Findings;
    }

    /// <summary>Checks a resources document, as update takes it; places are relative to that document.</summary>
    /// <param name="resources">As it was read. A limit that it does not name keeps its present value.</param>
    public static IReadOnlyList<Finding> ValidateResources(Resources resources)
    {
        ArgumentNullException.ThrowIfNull(resources);
        var findings = new FindingCollector();
        ResourceRules.Apply(findings, resources, update: true);
        return findings.Findings;
    }

    /// <summary>One of the findings is fatal.</summary>
    /// <param name="findings">Findings of any level.</param>
    public static bool HasFaults(IReadOnlyList<Finding> findings)
    {
        ArgumentNullException.ThrowIfNull(findings);
        for (int i = 0; i < findings.Count; i++)
        {
            if (findings[i].Level == FindingLevel.Must)
                return true;
        }
        return false;
    }

    /// <summary>podman's --group-add keep-groups: the additional groups of the config are not used.</summary>
    private static bool KeepsGroups(RuntimeConfig? config) =>
        config?.Annotations is { } annotations && annotations.TryGetValue("run.oci.keep_original_groups", out string? value) && value == "1";

    /// <summary>Rules that join distant parts.</summary>
    private static void Together(FindingCollector findings, RuntimeConfig config)
    {
        // sched(7), Deadline scheduling: such a thread must be able to run on every processor of its root domain.
        if (config.Process?.Scheduler?.Policy != "SCHED_DEADLINE" || string.IsNullOrEmpty(config.Linux?.Resources?.Cpu?.Cpus))
            return;
        findings.Push("process");
        findings.Push("scheduler");
        findings.Must(FindingCode.Conflict, "config.md#linux-process",
            "SCHED_DEADLINE cannot be combined with linux.resources.cpu.cpus, the kernel refuses it: remove one", "policy");
        findings.Pop();
        findings.Pop();
    }
}
