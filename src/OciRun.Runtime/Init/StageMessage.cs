using OciRun.Linux;

namespace OciRun.Runtime.Init;

/// <summary>One message from the stage (struct plan_message).</summary>
/// <param name="Type">What it is.</param>
/// <param name="Step">Index of the step, for Fail and Warn.</param>
/// <param name="Errno">Error, for Fail and Warn; the wait status of a failed hook.</param>
/// <param name="Detail">Which part of the step failed.</param>
/// <param name="Text">Beside it.</param>
/// <param name="SenderPid">Who sent it, in our pid namespace.</param>
/// <param name="Descriptor">What came along.</param>
internal sealed record StageMessage(
    StageMessageType Type, int Step, Errno Errno, StageFailure Detail, string Text, int SenderPid, SafeFd? Descriptor);
