namespace OciRun.Build.Containerfile;

/// <summary>A stage of a Containerfile: from one FROM to the next.</summary>
/// <param name="Index">From 0.</param>
/// <param name="From">Its first instruction.</param>
/// <param name="Base">What it is built on, variables replaced: an earlier stage, <c>scratch</c>, or an image.</param>
/// <param name="Name">After AS, in lower case; null: none.</param>
/// <param name="Instructions">What follows.</param>
internal sealed record Stage(int Index, Instruction From, string Base, string? Name, IReadOnlyList<Instruction> Instructions);
