using OciRun.Runtime.Init;

namespace OciRun.Runtime.Planning;

/// <summary>Collects the steps of a plan and the descriptors they use.</summary>
internal sealed class PlanBuilder
{
    internal List<PlanStep> Steps { get; } = [];

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
