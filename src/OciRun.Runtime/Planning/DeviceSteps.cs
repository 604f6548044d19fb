using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Spec;

namespace OciRun.Runtime.Planning;

/// <summary>Device nodes and the links in /dev (S28, S130 to S132): made by mknod, or bound from the host where mknod is not allowed.</summary>
internal static class DeviceSteps
{
    private static readonly (string Path, uint Major, uint Minor)[] s_defaults =
    [
        ("/dev/null", 1, 3), ("/dev/zero", 1, 5), ("/dev/full", 1, 7), ("/dev/tty", 5, 0), ("/dev/urandom", 1, 9), ("/dev/random", 1, 8),
    ];

    private static readonly (string Target, string Path)[] s_links =
    [
        ("/proc/self/fd", "/dev/fd"), ("/proc/self/fd/0", "/dev/stdin"), ("/proc/self/fd/1", "/dev/stdout"), ("/proc/self/fd/2", "/dev/stderr"),
        ("/proc/kcore", "/dev/core"), ("pts/ptmx", "/dev/ptmx"),
    ];

    /// <summary>All that is made for a config, nodes and links.</summary>
    internal static IEnumerable<string> MadePaths(RuntimeConfig config) =>
        [.. s_defaults.Select(static device => device.Path), .. s_links.Select(static link => link.Path), "/dev/console", .. (config.Linux?.Devices ?? []).Select(static device => device.Path!)];

    /// <summary>A bind mount on /dev brings its own devices, as everywhere (runc's needsSetupDev).</summary>
    internal static bool DevIsBound(Mount[] mounts)
    {
        foreach (Mount mount in mounts)
        {
            if (Paths.Clean(mount.Destination!) == "/dev" && MountOptions.Parse(mount.Options).IsBind)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Nodes cannot be made: those of the host are bound in their place.</summary>
    internal static bool AreBound(NamespacePlan namespaces, HostFacts host) =>
        namespaces.IsOwn(CloneFlags.NewUser) || !host.IsHostRoot || !host.Has(27); // CAP_MKNOD

    /// <summary>The nodes that are made for a config, or bound.</summary>
    internal static IEnumerable<string> NodePaths(RuntimeConfig config) =>
        [.. s_defaults.Select(static device => device.Path), .. (config.Linux?.Devices ?? []).Select(static device => Paths.Clean(device.Path!))];

    internal static void Add(PlanBuilder plan, RuntimeConfig config, NamespacePlan namespaces, HostFacts host)
    {
        bool byBind = AreBound(namespaces, host);
        Device[] devices = config.Linux?.Devices ?? [];
        if (byBind)
        {
            plan.Fallbacks.Add("/linux/devices: the default devices are bound from the host, since none can be made here");
        }

        foreach ((string path, uint major, uint minor) in s_defaults)
        {
            if (!IsListed(devices, path))
            {
                Add(plan, new Node(path, FileType.Character, major, minor, 0x1B6, 0, 0), byBind, null);
            }
        }

        for (int i = 0; i < devices.Length; i++)
        {
            Device device = devices[i];
            uint type = device.Type switch { "b" => FileType.Block, "p" => FileType.Fifo, _ => FileType.Character };
            var node = new Node(
                Paths.Clean(device.Path!), type, (uint)(device.Major ?? 0), (uint)(device.Minor ?? 0), device.FileMode ?? 0x1B6, device.Uid ?? 0, device.Gid ?? 0);
            if (byBind && type != FileType.Fifo && (device.FileMode ?? device.Uid ?? device.Gid) is not null)
            {
                plan.Warnings.Add($"/linux/devices/{i}: {Quoting.Quote(node.Path)} is bound from the host, since it cannot be made here: it has the host's mode and owner");
            }

            Add(plan, node, byBind && type != FileType.Fifo, $"/linux/devices/{i}");
        }

        foreach ((string target, string path) in s_links)
        {
            plan.Add(new PlanStep(PlanOp.Symlink) { S0 = target, S1 = path, What = $"link {path}" });
        }
    }

    /// <summary>makedev(3).</summary>
    internal static ulong DeviceNumber(uint major, uint minor) =>
        ((ulong)(major & 0xfffff000) << 32) | ((ulong)(major & 0xfff) << 8) | ((ulong)(minor & 0xffffff00) << 12) | (minor & 0xff);

    private static void Add(PlanBuilder plan, Node node, bool byBind, string? place)
    {
        if (!byBind)
        {
            plan.Add(new PlanStep(PlanOp.MakeNode)
            {
                S0 = node.Path,
                N0 = node.Type | (node.Mode & 0xFFF),
                N1 = node.Uid,
                N2 = node.Gid,
                U0 = DeviceNumber(node.Major, node.Minor),
                Place = place,
                What = $"make the device {Quoting.Quote(node.Path)} ({node.Major}:{node.Minor})",
            });
            return;
        }

        string what = $"bind the device {Quoting.Quote(node.Path)} ({node.Major}:{node.Minor})";
        plan.Add(new PlanStep(PlanOp.Tree)
        {
            S0 = node.Path,
            Flags = StepFlags.TreeDevice,
            N0 = node.Type,
            U0 = DeviceNumber(node.Major, node.Minor),
            Place = place,
            What = what,
        });
        plan.Add(new PlanStep(PlanOp.Attach) { S0 = node.Path, Flags = StepFlags.AttachFile, N0 = 0x1B6, Place = place, What = what });
    }

    private static bool IsListed(Device[] devices, string path)
    {
        foreach (Device device in devices)
        {
            if (Paths.Clean(device.Path!) == path)
            {
                return true;
            }
        }

        return false;
    }

    private readonly record struct Node(string Path, uint Type, uint Major, uint Minor, uint Mode, uint Uid, uint Gid);
}
