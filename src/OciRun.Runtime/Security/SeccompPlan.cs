namespace OciRun.Runtime.Security;

/// <summary>What the init stage needs to load a filter, seccomp(2).</summary>
/// <param name="Program">struct sock_filter after struct sock_filter, 8 bytes each; never empty.</param>
/// <param name="Flags">SECCOMP_FILTER_FLAG_*, as the system call takes them; NEW_LISTENER is among them when <paramref name="Notify"/> is
/// set.</param>
/// <param name="Notify">The call returns a listener's descriptor, to be sent to <paramref name="ListenerPath"/>.</param>
/// <param name="ListenerPath">The agent's AF_UNIX stream socket; set when <paramref name="Notify"/> is.</param>
/// <param name="ListenerMetadata">Text for the agent, or null.</param>
public sealed record SeccompPlan(byte[] Program, uint Flags, bool Notify, string? ListenerPath, string? ListenerMetadata)
{
    /// <summary>Instructions in <see cref="Program"/>.</summary>
    public int InstructionCount => Program.Length / BpfInstruction.Size;
}
