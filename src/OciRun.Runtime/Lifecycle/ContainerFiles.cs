using System.Globalization;
using OciRun.Cgroups;
using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Runtime.Planning;
using OciRun.Runtime.State;
using OciRun.Spec;

namespace OciRun.Runtime.Lifecycle;

/// <summary>The root filesystem of a container that exists, for diff and commit. While it is open the container is not deleted; paused, its processes stand still.</summary>
public sealed class ContainerFiles : IDisposable
{
    private readonly ContainerDirectory _directory;
    private StateFile _state;
    private readonly IdMaps? _maps;
    private Cgroup? _frozen;

    private ContainerFiles(ContainerDirectory directory, StateFile state)
    {
        (_directory, _state) = (directory, state);
        Config = ConfigReader.Read(directory.ReadConfig());
        NamespacePlan namespaces = NamespacePlan.From(Config);
        _maps = namespaces.IsOwn(CloneFlags.NewUser) && !OwnNamespace.IsInside ? namespaces.Maps : null; // there we see the container's ids
        foreach (Spec.Mount mount in Config.Mounts ?? [])
        {
            MountPoints.Add(RawName.FromText(mount.Destination!).Trim('/'));
        }

        MountPoints.UnionWith(state.OverlayMounts);
        MountPoints.Remove("");
        foreach (string path in DeviceSteps.MadePaths(Config))
        {
            Devices.Add(RawName.FromText(path).Trim('/'));
        }
    }

    /// <summary>As the container was created with.</summary>
    public RuntimeConfig Config { get; }

    /// <summary>Absolute path.</summary>
    public string Bundle => _state.Bundle;

    /// <summary>Absolute path of root.path: the files themselves where <see cref="Lower"/> is empty.</summary>
    public string Rootfs => _state.Rootfs;

    /// <summary>The layers, absolute paths, the topmost first; empty for a plain directory.</summary>
    public IReadOnlyList<string> Lower => _state.OverlayLower;

    /// <summary>Where changes are; null for a read-only root filesystem and for one in memory.</summary>
    public string? Upper => _state.OverlayUpper;

    /// <summary>Changes are in memory: only to be seen while the container runs.</summary>
    public bool IsInMemory => _state.OverlayInMemory;

    /// <summary>What the layers have on the disk are ids of the container; where false, ids of the host.</summary>
    public bool LowerHasContainerIds => _state.OverlayMapped;

    /// <summary>What the runtime mounted, relative to the root, as raw names: by the config, and as the kernel resolved it.</summary>
    public HashSet<string> MountPoints { get; } = [];

    /// <summary>Devices and links that the runtime makes, in the same form; where /dev is a mount, they are in it.</summary>
    public HashSet<string> Devices { get; } = [];

    /// <summary>Its first process lives.</summary>
    public bool IsAlive => ContainerStatus.IsAlive(_state);

    /// <summary>Opens it; waits for who works on the container.</summary>
    /// <exception cref="ContainerException">There is no such container, or what a killed create has left of one.</exception>
    public static ContainerFiles Open(RuntimeOptions runtime, string id)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        ContainerDirectory directory = StateStore.Open(runtime.Root, id, exclusive: true);
        try
        {
            StateFile state = directory.ReadState();
            return state.IsComplete
                ? new ContainerFiles(directory, state)
                : throw new ContainerException(ErrorCode.State, $"container {id} was never complete: \"ocirun delete --force {id}\" removes what is left");
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>The user in the container of a user of the host; null for one that it does not have.</summary>
    public uint? ContainerUid(uint uid) => _maps is null ? uid : IdMaps.ToContainer(_maps.Uids, uid);

    /// <summary>The same of a group.</summary>
    public uint? ContainerGid(uint gid) => _maps is null ? gid : IdMaps.ToContainer(_maps.Gids, gid);

    /// <summary>The root directory as the container sees it, with all that is mounted in it, and where that is (raw names, relative); null when its first process has ended.</summary>
    public (SafeFd Root, IReadOnlySet<string> Mounts)? TryOpenMerged()
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{_state.Pid}/root");
        SafeFd? root = IsAlive ? Files.TryOpen(SafeFd.CurrentDirectory, path, OpenFlags.ReadOnly | OpenFlags.Directory, out _) : null;
        List<string>? mounts = root is null ? null : RootMounts.TryRead(_state.Pid);
        if (root is not null && mounts is not null && IsAlive) // still the same process: what was opened is its own
        {
            return (root, new HashSet<string>(mounts));
        }

        root?.Dispose();
        return null;
    }

    /// <summary>Stops the container's processes until <see cref="Resume"/>, or until this is disposed. One that stands still already stays so; one that has ended needs nothing.</summary>
    /// <exception cref="ContainerException">It has no cgroup of its own, or that cannot be frozen.</exception>
    public void Pause()
    {
        if (ContainerStatus.Of(ref _state, _directory) != ContainerStatus.Running)
        {
            return;
        }

        if (!Killer.OwnsCgroup(_state))
        {
            throw new ContainerException(ErrorCode.Cgroup, $"container {_state.Id} has no cgroup of its own, so it cannot be paused: stop it, or accept with --no-pause that its files change meanwhile");
        }

        Cgroup cgroup = CgroupSetup.Of(_state)!;
        try
        {
            CgroupSetup.Translate(() =>
            {
                cgroup.Freeze();
            });
            _frozen = cgroup;
        }
        finally
        {
            if (_frozen is null)
            {
                cgroup.Dispose();
            }
        }
    }

    /// <summary>Lets them go on.</summary>
    /// <exception cref="ContainerException">The kernel refused.</exception>
    public void Resume()
    {
        if (_frozen is { } cgroup)
        {
            _frozen = null;
            using (cgroup)
            {
                CgroupSetup.Translate(() =>
                {
                    cgroup.Thaw();
                });
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Resume();
        }
        finally
        {
            _directory.Dispose();
        }
    }
}
