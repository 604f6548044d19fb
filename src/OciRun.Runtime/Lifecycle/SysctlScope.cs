using System.Globalization;
using OciRun.Linux;
using OciRun.Spec;

namespace OciRun.Runtime.Lifecycle;

/// <summary>
/// Kernel parameters stay inside the container (S186): the validator has seen that a namespace is named for each; here those that are joined by path are looked at,
/// as the path may lead to the runtime's own.
/// </summary>
internal static class SysctlScope
{
    /// <exception cref="ContainerException">A parameter would change the namespace that the runtime is in.</exception>
    internal static void Check(RuntimeConfig config)
    {
        foreach ((string key, _) in config.Linux?.Sysctl ?? [])
        {
            if (!SysctlKeys.TryNormalize(key, out string path)
                || SysctlKeys.NamespaceOf(path) is not (not 0 and var type)
                || NamespaceTypes.Find(config.Linux!.Namespaces, type) is not { Path: { Length: > 0 } joined }
                || !IsOwn(joined, NamespaceTypes.ProcFile(type)))
            {
                continue;
            }

            string place = "/linux/sysctl/" + Planning.JsonPointer.Escape(key);
            throw new ContainerException(
                ErrorCode.InvalidConfig,
                string.Create(CultureInfo.InvariantCulture, $"{place}: would change the host: {Quoting.Quote(joined)} is the namespace that the runtime itself is in; give the container another"))
            { Place = place };
        }
    }

    /// <summary>Namespaces are told apart by the inodes of nsfs, namespaces(7). A path that cannot be looked at is left to the join, which says what is wrong with it.</summary>
    private static bool IsOwn(string path, string name) =>
        Files.TryStatus(SafeFd.CurrentDirectory, path, followLink: true, out _) is { } joined
        && Files.TryStatus(SafeFd.CurrentDirectory, "/proc/self/ns/" + name, followLink: true, out _) is { } own
        && joined.Inode == own.Inode && joined.Device == own.Device;
}
