using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Spec;

namespace OciRun.Runtime.Planning;

/// <summary>Everything that create will do, as data: tests compare it, and the life cycle carries it out.</summary>
internal sealed record ContainerPlan
{
    internal required RuntimeConfig Config { get; init; }

    /// <summary>Absolute path of the root filesystem on the host.</summary>
    internal required string Rootfs { get; init; }

    internal required NamespacePlan Namespaces { get; init; }

    /// <summary>The new namespaces that the first process is born in.</summary>
    internal required CloneFlags SpawnFlags { get; init; }

    /// <summary>The stage's first process makes another one, which becomes the program.</summary>
    internal required bool Forks { get; init; }

    /// <summary>What the stage executes.</summary>
    internal required List<PlanStep> Steps { get; init; }

    /// <summary>What we do ourselves on the pid of the init, while it waits: scheduling that a user namespace may not have.</summary>
    internal required List<PlanStep> HostSteps { get; init; }

    /// <summary>What has to be opened for it.</summary>
    internal required List<PlanDescriptor> Descriptors { get; init; }

    /// <summary>What the caller should know although nothing failed.</summary>
    internal required List<string> Warnings { get; init; }

    /// <summary>What is done in another way than usual, for the same effect.</summary>
    internal required List<string> Fallbacks { get; init; }

    /// <summary>Limits that we set on the init with prlimit(2).</summary>
    internal required List<(int Resource, Rlimit Limit, string Place)> RaisedLimits { get; init; }

    /// <summary>
    /// The stage waits for us after the mounts: hooks of the runtime see the mounts, and a memory limit must not hit the copying of tmpcopyup, nor the device
    /// rules of v1 the making of nodes. Else limits and device rules are set while it mounts.
    /// </summary>
    internal required bool WaitsAfterMounts { get; init; }

    /// <summary>The program gets a terminal.</summary>
    internal required bool Terminal { get; init; }

    /// <summary>PR_SET_NO_NEW_PRIVS.</summary>
    internal bool NoNewPrivileges => Config.Process?.NoNewPrivileges == true;
}
