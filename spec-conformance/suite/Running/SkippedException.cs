namespace OciRun.Conformance.Running;

/// <summary>The clause cannot be checked here; the message is the reason.</summary>
internal sealed class SkippedException(string reason) : Exception(reason);
