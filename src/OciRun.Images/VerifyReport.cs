namespace OciRun.Images;

/// <summary>What a verification found.</summary>
/// <param name="Blobs">How many blobs were hashed.</param>
/// <param name="Layers">How many extracted layers were compared with their archives.</param>
/// <param name="Damage">What is wrong; empty when all is well.</param>
public sealed record VerifyReport(int Blobs, int Layers, IReadOnlyList<Damage> Damage);
