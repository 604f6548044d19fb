using OciRun.Cgroups;
using OciRun.Runtime.Planning;

namespace OciRun.Runtime.Lifecycle;

/// <summary>What create decides before it makes anything: the same functions in the same order, and then nothing is done.</summary>
/// <param name="Host">The machine.</param>
/// <param name="Cgroup">Null: none is made.</param>
/// <param name="Class">Of linux.intelRdt.</param>
/// <param name="Plan">What the stage would get.</param>
internal sealed record PlanPreview(HostFacts Host, Cgroup? Cgroup, ResourceClass? Class, ContainerPlan Plan)
{
    /// <summary>Stands for the id of the container, which a bundle does not have.</summary>
    internal const string Id = "ID";

    /// <exception cref="ContainerException">As create before it makes anything.</exception>
    internal static PlanPreview Make(RuntimeOptions runtime, Bundle bundle)
    {
        var options = new CreateOptions(Id, bundle.Directory);
        HostFacts host = HostFacts.Gather(bundle.Config);
        OverlayRoot? overlay = OverlaySetup.Plan(options, bundle, host);
        Cgroup? cgroup = CgroupSetup.Plan(runtime, bundle.Config, Id, host);
        ResourceClass? rdt = CgroupSetup.Translate(() => ResourceClass.Plan(bundle.Config.Linux?.IntelRdt, Id));
        PlanRequest request = Creator.Request(options, bundle, host, cgroup, new InheritedDescriptors(0, 0, null), runtime, startsAtOnce: false) with { Overlay = overlay };
        return new PlanPreview(host, cgroup, rdt, Planner.Plan(bundle.Config, host, request));
    }
}
