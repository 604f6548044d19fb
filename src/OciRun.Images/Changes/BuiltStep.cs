namespace OciRun.Images.Changes;

/// <summary>What a step of a build has made.</summary>
/// <param name="Layer">Its layer; null for none.</param>
/// <param name="Created">When, RFC 3339.</param>
public sealed record BuiltStep(WrittenLayer? Layer, string Created);
