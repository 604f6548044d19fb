namespace OciRun.Conformance.Clauses;

/// <summary>One sentence of the specification that binds a runtime on Linux.</summary>
/// <param name="Id">Stable name, "DOCUMENT.subject.what": runtime.delete.resources.</param>
/// <param name="Document">The file of the specification: runtime.md.</param>
/// <param name="Section">The anchor of its heading: runtimeDelete.</param>
/// <param name="Level">What it asks for.</param>
/// <param name="Words">Its essential words, as they stand in the text without Markdown.</param>
/// <param name="Untested">Why there is no test; null when there is one.</param>
internal sealed record Clause(string Id, string Document, string Section, Level Level, string Words, string? Untested);
