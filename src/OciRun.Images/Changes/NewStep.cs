using OciRun.Images.Model;

namespace OciRun.Images.Changes;

/// <summary>A step on the way from one image to another.</summary>
/// <param name="Layer">What it changed in the files; null for nothing.</param>
/// <param name="History">For the configuration; whether the layer is empty is filled in.</param>
public sealed record NewStep(WrittenLayer? Layer, HistoryEntry History);
