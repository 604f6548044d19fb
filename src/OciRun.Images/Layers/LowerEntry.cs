using OciRun.Linux;

namespace OciRun.Images.Layers;

/// <summary>What the layers below show at a path.</summary>
/// <param name="Layer">Index of the topmost layer that has it.</param>
/// <param name="Facts">What it is there.</param>
internal readonly record struct LowerEntry(int Layer, FileFacts Facts);
