namespace OciRun.Runtime.Init;

/// <summary>
/// One step of the plan that the stage executes, and what we want to remember of it: where in config.json it comes from, and how to name it in a message.
/// The operands are those of struct plan_step (src/native/plan.h); their meaning depends on the op.
/// </summary>
internal sealed class PlanStep(PlanOp op)
{
    internal PlanOp Op { get; } = op;

    internal StepFlags Flags { get; init; }

    /// <summary>Index into the plan's descriptors, or -1: which of them the step uses is decided here, what number it gets when it is opened.</summary>
    internal int Descriptor { get; init; } = -1;

    /// <summary>A string (text), string[] (list), byte[] (raw data), or null (absent).</summary>
    internal object? S0 { get; init; }

    /// <inheritdoc cref="S0"/>
    internal object? S1 { get; init; }

    /// <inheritdoc cref="S0"/>
    internal object? S2 { get; init; }

    /// <inheritdoc cref="S0"/>
    internal object? S3 { get; init; }

    internal uint N0 { get; init; }

    internal uint N1 { get; init; }

    internal uint N2 { get; init; }

    /// <summary>With <see cref="StepFlags.SkipMissing"/>: how many further steps are skipped with this one.</summary>
    internal uint N3 { get; init; }

    internal ulong U0 { get; init; }

    internal ulong U1 { get; init; }

    /// <summary>JSON pointer of what asked for it, as <c>/mounts/3</c>; null: nothing in config.json did.</summary>
    internal string? Place { get; init; }

    /// <summary>For a message: "mount proc on /proc".</summary>
    internal string? What { get; init; }
}
