using OciRun.Spec;

namespace OciRun.Runtime.Planning;

/// <summary>What the plan says of the program.</summary>
internal sealed record ProcessPlan
{
    internal required Process Spec { get; init; }

    /// <summary>The whole environment, without HOME where that is looked up.</summary>
    internal required string[] Environment { get; init; }

    /// <summary>HOME is not in the environment (S73).</summary>
    internal required bool NeedsHome { get; init; }

    internal required CapabilitySets Capabilities { get; init; }

    /// <summary>setgroups is denied here, or the caller asked to keep the groups (run.oci.keep_original_groups).</summary>
    internal required bool KeepGroups { get; init; }

    internal string? KeyringName { get; init; }

    /// <summary>SELinux label of the keyring; null without SELinux.</summary>
    internal string? KeyringLabel { get; init; }

    /// <summary>Limits that the stage sets itself.</summary>
    internal required List<(int Resource, Rlimit Limit, string Place)> Limits { get; init; }

    /// <summary>Limits whose hard value we may not have inside: set by us with prlimit(2).</summary>
    internal required List<(int Resource, Rlimit Limit, string Place)> RaisedLimits { get; init; }

    /// <summary>Files below procfs that take the labels of AppArmor and SELinux.</summary>
    internal required List<(string Path, string Value, string Place)> LabelWrites { get; init; }

    /// <summary>personality(2).</summary>
    internal ulong? Personality { get; init; }

    /// <summary>set_mempolicy(2).</summary>
    internal MemoryPolicy? Memory { get; init; }

    /// <summary>Scheduling that only the host may set is set by us.</summary>
    internal required bool ScheduledByHost { get; init; }

    internal SeccompStep? Seccomp { get; init; }

    /// <summary>exec: another process of a container, whose keyring is there.</summary>
    internal required bool JoinsContainer { get; init; }

    /// <summary>run: the program follows without a wait for start.</summary>
    internal required bool StartsAtOnce { get; init; }

    /// <summary>The program is killed when its parent ends.</summary>
    internal required bool EndsWithParent { get; init; }

    internal Hook[]? StartContainerHooks { get; init; }

    internal required string HookState { get; init; }
}
