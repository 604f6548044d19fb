using OciRun.Linux;
using OciRun.Runtime.Planning;

namespace OciRun.Runtime.Lifecycle;

/// <summary>The directories of a root filesystem of layers, for who makes bundles.</summary>
public static class RootFilesystem
{
    /// <summary>Makes <c>upper</c> and <c>work</c> in a bundle; the upper one with the owner and mode of the layer that it lies on.</summary>
    /// <param name="bundle">Absolute path.</param>
    /// <param name="topLayer">Absolute path.</param>
    /// <exception cref="LinuxException">As mkdir(2).</exception>
    public static void PrepareUpper(string bundle, string topLayer) => OverlayDirectory.Make(bundle, topLayer, null);

    /// <summary>Makes the directory of a container in a store, for a container of the state root <paramref name="root"/>.</summary>
    /// <exception cref="ContainerException">A container of another root has this id.</exception>
    public static void Claim(string directory, string root, string id) => OverlayDirectory.Claim(directory, root, id);

    /// <summary>Layers as one tree, in a mount that is attached nowhere and ends with its descriptor.</summary>
    /// <param name="layers">Absolute paths, the topmost first; not empty.</param>
    /// <param name="directory">Absolute path of a directory in which <see cref="PrepareUpper"/> has made upper and work: there changes go. Null: nothing can be changed.</param>
    /// <param name="userAttributes">The layers' marks are user.overlay.*.</param>
    /// <exception cref="ContainerException">With the kernel's own words.</exception>
    public static SafeFd Mount(IReadOnlyList<string> layers, string? directory, bool userAttributes)
    {
        string? upper = directory is null ? null : $"{directory}/{OverlayDirectory.Upper}", work = directory is null ? null : $"{directory}/{OverlayDirectory.Work}";
        return OverlayMount.Make(new OverlayRoot(layers, upper, work, "layers") { UserAttributes = userAttributes }, static _ => throw new InvalidOperationException("no ids are mapped"));
    }

    /// <summary>Removes a directory with all that is in it; missing is fine.</summary>
    /// <exception cref="LinuxException">As unlinkat(2).</exception>
    public static void RemoveDirectory(string path) => OverlayDirectory.Remove(path);
}
