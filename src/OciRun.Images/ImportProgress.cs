namespace OciRun.Images;

/// <summary>How far a layer of an import is.</summary>
/// <param name="Layer">From 0, the lowest first.</param>
/// <param name="Count">How many layers the image has.</param>
/// <param name="Digest">Of the layer's blob.</param>
/// <param name="Done">Bytes read of it.</param>
/// <param name="Size">Bytes that it has.</param>
/// <param name="Phase">What is happening.</param>
public readonly record struct ImportProgress(int Layer, int Count, Digest Digest, long Done, long Size, ImportPhase Phase);
