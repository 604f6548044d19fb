namespace OciRun.Conformance.Running;

/// <summary>What became of one test.</summary>
/// <param name="Test">Its name.</param>
/// <param name="Clauses">The ids of its clauses.</param>
/// <param name="Outcome">What the runtime did.</param>
/// <param name="Text">Why it failed, differs or was skipped; empty when it passed.</param>
/// <param name="Config">What the last container's config had that the minimal one has not; empty without a container.</param>
/// <param name="Transcript">The runtime's calls, each with its exit status and what it said.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record Result(string Test, string[] Clauses, Outcome Outcome, string Text, string Config, string[] Transcript, double Seconds);
