using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Runtime.Planning;
using OciRun.Runtime.State;
using OciRun.Spec;

namespace OciRun.Runtime.Lifecycle;

/// <summary>What a create makes its root filesystem of, by annotations of the config and by --overlay.</summary>
internal static class OverlaySetup
{
    private const string Option = "--overlay";

    /// <summary>Null: the rootfs is a plain directory.</summary>
    /// <exception cref="ContainerException">Annotations and option contradict each other, or a directory is not there.</exception>
    internal static OverlayRoot? Plan(CreateOptions options, Bundle bundle, HostFacts host)
    {
        OverlayDirectories? asked = OverlayDirectories.From(bundle.Config.Annotations, out _); // the validator has seen what is wrong with them
        if (asked is null && options.Overlay is null)
        {
            return null;
        }

        string place = asked is null ? Option : "/annotations/" + OverlayDirectories.Prefix + "lowerdir";
        if (asked?.Upper is not null && options.Overlay is not null)
        {
            throw new ContainerException(ErrorCode.Usage, $"{Option}: the config names an upper directory already ({OverlayDirectories.Prefix}upperdir)") { Place = place };
        }

        string[] lower = asked is null ? [Absolute(bundle, bundle.Config.Root!.Path!)] : Absolute(bundle, asked.Lower);
        FileFacts top = CheckDirectories(lower, place);
        string? kept = options.Overlay is { Kind: not OverlayKind.Memory } request ? request.Directory : null;
        return new OverlayRoot(
            lower,
            kept is not null ? kept + "/" + OverlayDirectory.Upper : asked?.Upper is { } upper ? Absolute(bundle, upper) : null,
            kept is not null ? kept + "/" + OverlayDirectory.Work : asked?.Work is { } work ? Absolute(bundle, work) : null,
            place)
        {
            MemorySize = options.Overlay is { Kind: OverlayKind.Memory } memory ? memory.Size : null,
            IsTemporary = options.Overlay is { Kind: OverlayKind.Temporary },
            Maps = MapsFor(bundle.Config, top, host),
            UserAttributes = !host.IsHostRoot,
            Label = host.SelinuxEnabled && bundle.Config.Linux?.MountLabel is { Length: > 0 } label ? label : null,
        };
    }

    /// <summary>Writes down what delete must remove and diff must find.</summary>
    internal static void Record(OverlayRoot? root, CreateOptions options, StateFile state)
    {
        if (root is not null)
        {
            state.OverlayLower.AddRange(root.Lower);
            state.OverlayUpper = root.Upper;
            state.OverlayInMemory = root.MemorySize is not null;
            state.OverlayMapped = root.Maps is not null;
            state.OverlayRemoved = options.Overlay is { Kind: OverlayKind.Temporary } request ? request.Directory : null;
        }
    }

    /// <summary>Makes the directories of --overlay.</summary>
    /// <exception cref="ContainerException">They cannot be made.</exception>
    internal static void Make(OverlayRoot root, CreateOptions options, RuntimeOptions runtime)
    {
        if (options.Overlay is not { Kind: not OverlayKind.Memory } request)
        {
            return;
        }

        try
        {
            if (request.Kind == OverlayKind.Temporary)
            {
                OverlayDirectory.Claim(request.Directory, runtime.Root, options.Id);
                // Of a container of this name that is gone: its state directory is ours. The directory itself may be the bundle.
                OverlayDirectory.Remove(request.Directory + "/" + OverlayDirectory.Upper);
                OverlayDirectory.Remove(request.Directory + "/" + OverlayDirectory.Work);
            }

            OverlayDirectory.Make(request.Directory, root.Lower[0], root.Maps);
        }
        catch (LinuxException e)
        {
            throw new ContainerException(ErrorCode.Mount, $"{Option}: cannot make {Quoting.Quote(request.Directory)}: {e.Message}", e) { Call = e.Call, Errno = e.Errno };
        }
    }

    private static string Absolute(Bundle bundle, string path) => Paths.Below(bundle.Directory, path);

    private static string[] Absolute(Bundle bundle, IReadOnlyList<string> paths)
    {
        string[] absolute = new string[paths.Count];
        for (int i = 0; i < absolute.Length; i++)
        {
            absolute[i] = Absolute(bundle, paths[i]);
        }

        return absolute;
    }

    private static FileFacts CheckDirectories(string[] paths, string place)
    {
        FileFacts? top = null;
        foreach (string path in paths)
        {
            FileFacts? status = Files.TryStatus(SafeFd.CurrentDirectory, path, followLink: true, out Errno errno);
            if (status is not { Type: FileType.Directory })
            {
                string reason = status is null ? ErrnoText.Describe(errno) : "it is no directory";
                throw new ContainerException(ErrorCode.RootfsMissing, $"{place}: the layer {Quoting.Quote(path)}: {reason}") { Place = place, Errno = errno };
            }

            top ??= status;
        }

        return top!.Value;
    }

    /// <summary>
    /// Layers of an image belong to ids from 0 up. A container whose user namespace maps its root elsewhere would see them as nobody's: it sees them through its mapping. Where
    /// the owner of the top layer has an id in the container, somebody has shifted them already.
    /// </summary>
    private static IdMaps? MapsFor(RuntimeConfig config, FileFacts top, HostFacts host)
    {
        NamespacePlan namespaces = NamespacePlan.From(config);
        return host.IsHostRoot && namespaces is { Maps: { Uids.Length: > 0 } maps } && namespaces.IsOwn(CloneFlags.NewUser) && IdMaps.ToContainer(maps.Uids, top.Uid) is null ? maps : null;
    }
}
