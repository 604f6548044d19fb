namespace OciRun.Runtime.Lifecycle;

/// <summary>What a profile does with a call.</summary>
/// <param name="Call">Its name; null: libseccomp knows none for this number.</param>
/// <param name="Number">Its number on the architecture.</param>
/// <param name="Architecture">libseccomp's word.</param>
/// <param name="Arguments">As they were given; null: any.</param>
/// <param name="Flags">SECCOMP_FILTER_FLAG_* that the filter is loaded with.</param>
/// <param name="InstructionCount">Of the filter that was asked.</param>
/// <param name="Outcomes">One, or where it depends on arguments that were not given several: the last is for what no condition holds for.</param>
public sealed record SeccompAnswer(
    string? Call, uint Number, string Architecture, ulong?[] Arguments, IReadOnlyList<string> Flags, int InstructionCount, IReadOnlyList<SeccompOutcome> Outcomes);
