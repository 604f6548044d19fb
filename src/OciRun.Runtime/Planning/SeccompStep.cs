using OciRun.Runtime.Init;

namespace OciRun.Runtime.Planning;

/// <summary>A compiled filter, ready to load.</summary>
/// <param name="Program">struct sock_filter, 8 bytes each.</param>
/// <param name="Flags">SECCOMP_FILTER_FLAG_*.</param>
/// <param name="Agent">Connection to the agent that gets the notify descriptor, or null.</param>
/// <param name="AgentState">The container process state that the agent gets (S192).</param>
internal sealed record SeccompStep(byte[] Program, ulong Flags, PlanDescriptor? Agent, string? AgentState);
