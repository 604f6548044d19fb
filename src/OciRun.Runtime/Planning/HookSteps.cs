using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Spec;

namespace OciRun.Runtime.Planning;

/// <summary>Hooks that run inside the container's namespaces: the stage starts them (createContainer before the pivot, startContainer before the program).</summary>
internal static class HookSteps
{
    /// <param name="plan">The plan.</param>
    /// <param name="hooks">In their order (S102).</param>
    /// <param name="kind">createContainer or startContainer.</param>
    /// <param name="state">What a hook reads on standard input, with @PID@ for the pid that the stage sees itself as, as runc has it.</param>
    /// <param name="environment">Of a hook that names none: that of the program, as runc has it; null: the stage knows it already.</param>
    /// <param name="inRootfs">Working directory is the root filesystem, not that of the program.</param>
    internal static void Add(PlanBuilder plan, Hook[]? hooks, string kind, string state, string[]? environment, bool inRootfs)
    {
        for (int i = 0; i < (hooks?.Length ?? 0); i++)
        {
            Hook hook = hooks![i];
            plan.Add(new PlanStep(PlanOp.Hook)
            {
                S0 = hook.Path,
                S1 = hook.Args is null or [] ? [hook.Path!] : hook.Args,
                S2 = hook.Env ?? environment,
                S3 = state,
                N0 = (uint)(hook.Timeout ?? 0),
                Flags = inRootfs ? StepFlags.HookInRootfs : StepFlags.None,
                Place = $"/hooks/{kind}/{i}",
                What = $"run the {kind} hook {Quoting.Quote(hook.Path!)}",
            });
        }
    }
}
