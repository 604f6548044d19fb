namespace OciRun.Runtime.Lifecycle;

/// <summary>The directories of a root filesystem of layers, for who makes bundles.</summary>
public static class RootFilesystem
{
    /// <summary>Makes <c>upper</c> and <c>work</c> in a bundle; the upper one with the owner and mode of the layer that it lies on.</summary>
    /// <param name="bundle">Absolute path.</param>
    /// <param name="topLayer">Absolute path.</param>
    /// <exception cref="Linux.LinuxException">As mkdir(2).</exception>
    public static void PrepareUpper(string bundle, string topLayer) => OverlayDirectory.Make(bundle, topLayer, null);

    /// <summary>Makes the directory of a container in a store, for a container of the state root <paramref name="root"/>.</summary>
    /// <exception cref="ContainerException">A container of another root has this id.</exception>
    public static void Claim(string directory, string root, string id) => OverlayDirectory.Claim(directory, root, id);

    /// <summary>Removes a directory with all that is in it; missing is fine.</summary>
    /// <exception cref="Linux.LinuxException">As unlinkat(2).</exception>
    public static void RemoveDirectory(string path) => OverlayDirectory.Remove(path);
}
