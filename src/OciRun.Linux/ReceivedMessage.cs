namespace OciRun.Linux;

/// <summary>What recvmsg(2) gave.</summary>
/// <param name="Length">Bytes; 0 is the end of file.</param>
/// <param name="SenderPid">The sender as seen in our pid namespace (SCM_CREDENTIALS); 0 when unknown.</param>
/// <param name="Descriptor">A descriptor that came along (SCM_RIGHTS); the receiver owns it.</param>
public readonly record struct ReceivedMessage(int Length, int SenderPid, SafeFd? Descriptor);
