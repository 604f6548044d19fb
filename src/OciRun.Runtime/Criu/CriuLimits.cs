using System.Globalization;
using OciRun.Linux;
using OciRun.Runtime.Planning;
using OciRun.Spec;

namespace OciRun.Runtime.Criu;

/// <summary>What neither CRIU nor we can bring back as it was: said before anything is done, instead of a container that is another one afterwards.</summary>
internal static class CriuLimits
{
    /// <exception cref="ContainerException">We are not root of the host.</exception>
    internal static void CheckCaller(string verb)
    {
        if (Processes.EffectiveUid != 0 || !Processes.InInitialUserNamespace)
        {
            throw new ContainerException(ErrorCode.Unsupported, $"{verb} needs root of the host: criu reads and makes processes with their credentials and namespaces");
        }
    }

    /// <exception cref="ContainerException">The container has something of it.</exception>
    internal static void Check(RuntimeConfig config)
    {
        NamespacePlan namespaces = NamespacePlan.From(config);
        if (!namespaces.IsNew(CloneFlags.NewNamespace))
        {
            throw Unsupported("/linux/namespaces", "it has no mount namespace of its own");
        }

        foreach (JoinedNamespace joined in namespaces.Joined)
        {
            if (joined.Type is CloneFlags.NewUser or CloneFlags.NewCgroup)
            {
                throw Unsupported(joined.Place, $"it has joined the namespace {Quoting.Quote(joined.Path)}, and criu cannot");
            }
        }

        if (config.Linux?.IntelRdt is not null)
        {
            throw Unsupported("/linux/intelRdt", "criu does not know classes of service, and would restore it without its own");
        }

        if (config.Linux?.NetDevices is { Count: > 0 })
        {
            throw Unsupported("/linux/netDevices", "devices that were moved into it are the host's, and criu cannot bring them back");
        }

        Spec.Mount[] mounts = config.Mounts ?? [];
        for (int i = 0; i < mounts.Length; i++)
        {
            MountOptions options = MountOptions.Parse(mounts[i].Options);
            if (mounts[i].UidMappings is { Length: > 0 } || options.IdMapping is not null || options.IsIdMapped)
            {
                throw Unsupported(string.Create(CultureInfo.InvariantCulture, $"/mounts/{i}"), "criu would restore this id-mapped mount without its mapping");
            }
        }

        foreach (string name in config.Annotations?.Keys ?? Enumerable.Empty<string>())
        {
            if (name == "org.criu.config" && config.Annotations![name].Length > 0)
            {
                throw Unsupported("/annotations/org.criu.config", "a file of options for criu is not taken from a config: /etc/criu/default.conf is read");
            }

            if (name.StartsWith(OverlayDirectories.Prefix, StringComparison.Ordinal))
            {
                throw Layers();
            }
        }
    }

    internal static ContainerException Layers() => Unsupported("/root/path", "its root filesystem is put together of layers, and is gone with the container");

    private static ContainerException Unsupported(string place, string why) =>
        new(ErrorCode.Unsupported, $"{place}: the container cannot be checkpointed or restored: {why}") { Place = place };
}
