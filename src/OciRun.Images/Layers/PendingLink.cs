using OciRun.Images.Tar;

namespace OciRun.Images.Layers;

/// <summary>A hard link whose target is not there yet.</summary>
/// <param name="Directory">Where the link goes: a directory of the layer.</param>
/// <param name="Name">Its name there.</param>
/// <param name="TargetDirectory">Of the target, as the archive has it.</param>
/// <param name="TargetName">Its name.</param>
/// <param name="Entry">For messages.</param>
internal sealed record PendingLink(string Directory, string Name, string TargetDirectory, string TargetName, TarEntry Entry);
