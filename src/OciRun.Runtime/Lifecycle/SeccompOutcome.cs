using OciRun.Runtime.Security;

namespace OciRun.Runtime.Lifecycle;

/// <summary>One thing that a profile may do with a call.</summary>
/// <param name="Action">SCMP_ACT_*.</param>
/// <param name="Errno">The name of the errno that the call returns, for SCMP_ACT_ERRNO.</param>
/// <param name="Reason">Why.</param>
/// <param name="Place">JSON pointer into config.json of what says so.</param>
/// <param name="Line">Its line there, from 1; that of what is around it where it is missing.</param>
/// <param name="Conditions">Of the rule, on the arguments; empty: none.</param>
/// <param name="AnyHolds">One of them suffices; else all must hold.</param>
public sealed record SeccompOutcome(string Action, string? Errno, SeccompReason Reason, string Place, int Line, IReadOnlyList<string> Conditions, bool AnyHolds);
