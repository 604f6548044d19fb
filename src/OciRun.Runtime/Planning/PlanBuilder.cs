using OciRun.Runtime.Init;

namespace OciRun.Runtime.Planning;

/// <summary>Collects the steps of a plan and the descriptors they use.</summary>
internal sealed class PlanBuilder
{
    internal List<PlanStep> Steps { get; } = [];

    /// <summary>What we do ourselves on the pid of the init, while it waits.</summary>
    internal List<PlanStep> HostSteps { get; } = [];

    /// <summary>What the caller should know although nothing failed.</summary>
    internal List<string> Warnings { get; } = [];

    /// <summary>What is done in another way than usual, for the same effect.</summary>
    internal List<string> Fallbacks { get; } = [];

    internal List<PlanDescriptor> Descriptors { get; } = [];

    internal void Add(PlanStep step) => Steps.Add(step);

    /// <summary>The index of a descriptor; one that is needed twice is opened once.</summary>
    internal int Descriptor(PlanDescriptor descriptor)
    {
        int index = Descriptors.IndexOf(descriptor);
        if (index < 0)
        {
            index = Descriptors.Count;
            Descriptors.Add(descriptor);
        }

        return index;
    }
}
