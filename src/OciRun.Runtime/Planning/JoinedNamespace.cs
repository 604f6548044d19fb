using OciRun.Linux;

namespace OciRun.Runtime.Planning;

/// <summary>A namespace to join.</summary>
/// <param name="Type">Its kind; setns(2) is given it, so that a path of another kind is an error (S122).</param>
/// <param name="Path">Absolute path of the namespace file.</param>
/// <param name="Place">Where config.json names it.</param>
internal sealed record JoinedNamespace(CloneFlags Type, string Path, string Place);
