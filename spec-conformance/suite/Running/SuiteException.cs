namespace OciRun.Conformance.Running;

/// <summary>The suite itself cannot do its work: exit status 2.</summary>
internal sealed class SuiteException(string message) : Exception(message);
