namespace OciRun.Conformance.Running;

/// <summary>The runtime did otherwise than the clause says.</summary>
internal sealed class ClauseViolatedException(string message) : Exception(message);
