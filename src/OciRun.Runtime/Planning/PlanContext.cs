using OciRun.Spec;

namespace OciRun.Runtime.Planning;

/// <summary>What all parts of the planner look at.</summary>
internal sealed record PlanContext(RuntimeConfig Config, PlanRequest Request, HostFacts Host, NamespacePlan Namespaces)
{
    internal string Bundle => Request.Bundle;

    internal string? MountLabel => Config.Linux?.MountLabel;
}
