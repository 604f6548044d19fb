using OciRun.Linux;

namespace OciRun.Runtime.Init;

/// <summary>
/// A descriptor that the plan needs and that is opened when the plan is carried out: the planner is pure and opens nothing.
/// </summary>
internal abstract record PlanDescriptor
{
    /// <summary>A namespace to join, opened in the runtime's mount namespace before anything changes (S122).</summary>
    internal sealed record NamespaceFile(string Path, CloneFlags Type, string Place) : PlanDescriptor;

    /// <summary>One that is open already.</summary>
    internal sealed record Given(SafeFd Fd) : PlanDescriptor;

    /// <summary>The listening socket of the start trigger.</summary>
    internal sealed record StartSocket : PlanDescriptor;

    /// <summary>The page on which the stage says what became of the start.</summary>
    internal sealed record StatusPage : PlanDescriptor;

    /// <summary>A user namespace that only holds the id mapping of a mount.</summary>
    internal sealed record MappingNamespace(IdMaps Maps, string Place) : PlanDescriptor;

    /// <summary>The root filesystem, put together of layers and attached nowhere.</summary>
    internal sealed record OverlayMount(Planning.OverlayRoot Root) : PlanDescriptor;

    /// <summary>A connection to the agent that gets the seccomp notify descriptor.</summary>
    internal sealed record SeccompAgent(string Path) : PlanDescriptor;
}
