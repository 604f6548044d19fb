using System.Globalization;
using OciRun.Cgroups;
using OciRun.Linux;
using OciRun.Runtime.Lifecycle;
using OciRun.Runtime.Planning;
using OciRun.Spec;

namespace OciRun.Runtime.Criu;

/// <summary>
/// The mounts of a container that come from outside, which CRIU neither keeps nor makes: at the checkpoint each gets a name, which is its destination as config.json has it (as under runc), and at the
/// restore the name gets a path of the host.
/// </summary>
internal static class ExternalMounts
{
    private const int Option = 23; // ext_mnt
    private const string Mask = "/dev/null";

    /// <summary>One of them.</summary>
    /// <param name="destination">As config.json has it, cleaned.</param>
    /// <param name="source">Absolute path of the host.</param>
    /// <param name="place">Where config.json names it.</param>
    internal sealed class Entry(string destination, string source, string place)
    {
        internal string Destination { get; } = destination;

        internal string Source { get; } = source;

        internal string Place { get; } = place;
    }

    /// <summary>Those of a config, except masks.</summary>
    internal static List<Entry> Of(RuntimeConfig config, string bundle, IReadOnlyDictionary<string, string> cgroupPaths, HostFacts host)
    {
        NamespacePlan namespaces = NamespacePlan.From(config);
        var entries = new List<Entry>();
        Spec.Mount[] mounts = config.Mounts ?? [];
        for (int i = 0; i < mounts.Length; i++)
        {
            string place = string.Create(CultureInfo.InvariantCulture, $"/mounts/{i}"), destination = Paths.Clean(mounts[i].Destination!);
            MountOptions options = MountOptions.Parse(mounts[i].Options);
            if (options.IsBind && !options.IsRemount)
            {
                entries.Add(new Entry(destination, Paths.Below(bundle, mounts[i].Source ?? ""), place));
            }
            else if (mounts[i].Type == "cgroup" && !options.IsRemount)
            {
                AddCgroup(entries, destination, place, namespaces, cgroupPaths);
            }
        }

        if (DeviceSteps.AreBound(namespaces, host))
        {
            foreach (string path in DeviceSteps.NodePaths(config))
            {
                entries.Add(new Entry(path, path, "/linux/devices"));
            }
        }

        return entries;
    }

    /// <summary>Gives them their names. Where a destination leads through links of the image, CRIU must hear where the mount is in the end.</summary>
    /// <param name="request">The dump.</param>
    /// <param name="entries">Those of the config.</param>
    /// <param name="masked">linux.maskedPaths.</param>
    /// <param name="root">The container's root directory.</param>
    /// <exception cref="ContainerException">One has a character that would end its name.</exception>
    internal static void AddTo(CriuRequest request, List<Entry> entries, string[] masked, SafeFd root)
    {
        foreach (Entry entry in entries)
        {
            if (Resolve(root, entry.Destination) is { } found)
            {
                Check(entry.Destination, entry.Place);
                Check(found.Path, entry.Place);
                request.Set(Option, found.Path, entry.Destination);
            }
        }

        foreach (string path in masked)
        {
            if (Resolve(root, path) is { IsDirectory: false } found)
            {
                Check(found.Path, "/linux/maskedPaths");
                request.Set(Option, found.Path, Mask);
            }
        }
    }

    /// <summary>What of the host each name of the checkpoint stands for.</summary>
    /// <exception cref="ContainerException">The config does not say it, or a name is one that no checkpoint of ours has.</exception>
    internal static Dictionary<string, string> Sources(List<ImageMount> mounts, List<Entry> entries)
    {
        var sources = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (ImageMount mount in mounts)
        {
            if (mount.Key is null || sources.ContainsKey(mount.Key))
            {
                continue;
            }

            Entry? entry = mount.Key == Mask ? new Entry(Mask, Mask, "") : entries.FindLast(one => RawName.FromText(one.Destination) == mount.Key);
            if (entry is null)
            {
                throw new ContainerException(
                    ErrorCode.Checkpoint, $"/mounts: the checkpoint has a mount from outside on {RawName.Quote(mount.Key)}, and config.json does not say what to mount there")
                { Place = "/mounts" };
            }

            Check(entry.Destination, entry.Place);
            sources.Add(mount.Key, entry.Source);
        }

        return sources;
    }

    /// <summary>Says it to CRIU.</summary>
    internal static void AddTo(CriuRequest request, Dictionary<string, string> sources)
    {
        foreach ((string key, string source) in sources)
        {
            request.Set(Option, RawName.ToText(key), source);
        }
    }

    /// <summary>CRIU makes <c>mnt[KEY]:VALUE</c> of both, and cuts it at the first bracket and colon: a destination could name another source than its own (crun CVE-2026-115520).</summary>
    private static void Check(string key, string place)
    {
        if (key.AsSpan().IndexOfAny('[', ']', ':') >= 0)
        {
            throw new ContainerException(
                ErrorCode.Unsupported, $"{place}: a container with a mount on {Quoting.Quote(key)} cannot be checkpointed or restored: criu's names of mounts may not hold any of []:")
            { Place = place };
        }
    }

    private static (string Path, bool IsDirectory)? Resolve(SafeFd root, string path)
    {
        using SafeFd? found = Files.TryOpenInRoot(root, path, out _); // what is not there is no mount
        return found is not null && Files.ReadLink(SafeFd.CurrentDirectory, found.ProcPath) is { } real
            ? (real, Files.Status(found, path).IsDirectory)
            : null;
    }

    private static void AddCgroup(List<Entry> entries, string destination, string place, NamespacePlan namespaces, IReadOnlyDictionary<string, string> paths)
    {
        foreach (CgroupMount part in CgroupMounts.Plan(CgroupSetup.Host, paths, namespaces.IsOwn(CloneFlags.NewCgroup), namespaces.IsOwn(CloneFlags.NewUser), readOnly: false, null).Mounts)
        {
            if (part.Kind == CgroupMountKind.Bind)
            {
                entries.Add(new Entry(part.Target.Length == 0 ? destination : destination + "/" + part.Target, part.Source, place));
            }
        }
    }
}
