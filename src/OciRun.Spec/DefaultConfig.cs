using System.Text.Encodings.Web;
using System.Text.Json;
using OciRun.Spec.Writing;

namespace OciRun.Spec;

/// <summary>The config.json that <c>ocirun spec</c> writes: runc's, with today's longer list of masked paths.</summary>
public static class DefaultConfig
{
    /// <summary>The version of the specification that a new config claims.</summary>
    public const string OciVersion = "1.3.0";

    private static readonly string[] s_capabilities = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"];

    /// <summary>The config for a privileged caller.</summary>
    /// <param name="cgroupNamespace">Adds a cgroup namespace: right on a cgroup v2 host (runc does the same).</param>
    /// <param name="processors">
    /// Masks the thermal throttling counters of so many processors, which tell what else runs on the machine; 0: none of them.
    /// </param>
    public static RuntimeConfig Create(bool cgroupNamespace, int processors = 0) => new()
    {
        OciVersion = OciVersion,
        Process = new Process
        {
            Terminal = true,
            User = new User(),
            Args = ["sh"],
            Env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
            Cwd = "/",
            // No inheritable set (CVE-2022-24769 and its kin), and so no ambient one, which the kernel would refuse without it.
            Capabilities = new Capabilities { Bounding = s_capabilities, Effective = s_capabilities, Permitted = s_capabilities },
            Rlimits = [new Rlimit { Type = "RLIMIT_NOFILE", Hard = 1024, Soft = 1024 }],
            NoNewPrivileges = true,
        },
        Root = new Root { Path = "rootfs", Readonly = true },
        Hostname = "ocirun",
        Mounts = Mounts(),
        Linux = new LinuxSection
        {
            Resources = new Resources { Devices = [new DeviceRule { Allow = false, Access = "rwm" }] },
            Namespaces = Namespaces(["pid", "network", "ipc", "uts", "mount"], cgroupNamespace),
            MaskedPaths = MaskedPaths(processors),
            ReadonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
        },
    };

    /// <summary>The config for an ordinary user: a user namespace in which the caller is root, the host's network, no cgroup
    /// limits.</summary>
    /// <param name="uid">Effective user id of the caller.</param>
    /// <param name="gid">Effective group id of the caller.</param>
    /// <param name="cgroupNamespace">As in <see cref="Create"/>.</param>
    /// <param name="processors">As in <see cref="Create"/>.</param>
    public static RuntimeConfig CreateRootless(uint uid, uint gid, bool cgroupNamespace, int processors = 0)
    {
        var config = Create(cgroupNamespace, processors);
        config.Linux!.UidMappings = [new IdMapping { ContainerID = 0, HostID = uid, Size = 1 }];
        config.Linux.GidMappings = [new IdMapping { ContainerID = 0, HostID = gid, Size = 1 }];
        config.Linux.Namespaces = [.. Namespaces(["pid", "ipc", "uts", "mount"], cgroupNamespace), new LinuxNamespace { Type = "user" }];
        config.Linux.Resources = null;
        foreach (var mount in config.Mounts!)
        {
            if (mount.Destination == "/sys")
            {
                // sysfs belongs to the network namespace, which is the host's here: it can only be bound.
                mount.Type = "none";
                mount.Source = "/sys";
                mount.Options = ["rbind", "nosuid", "noexec", "nodev", "ro"];
            }
            // Group 5 (tty) has no mapping.
            else if (mount.Options is { } options)
                mount.Options = Array.FindAll(options, option => !option.StartsWith("gid=", StringComparison.Ordinal));
        }
        return config;
    }

    /// <summary>The text of a config: indented with tabs, properties in runc's order, absent ones left out, a line feed at the
    /// end.</summary>
    /// <param name="config">What to write.</param>
    /// <returns>UTF-8.</returns>
    public static byte[] Serialize(RuntimeConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        using var stream = new MemoryStream();
        // The relaxed encoder leaves + and & readable; the text is a file, never part of a web page.
        var options = new JsonWriterOptions
        {
            Indented = true,
            IndentCharacter = '\t',
            IndentSize = 1,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        using (var writer = new Utf8JsonWriter(stream, options))
            ModelWriter.Write(writer, config);
        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    private static Mount[] Mounts() =>
    [
        new Mount { Destination = "/proc", Type = "proc", Source = "proc" },
        new Mount { Destination = "/dev", Type = "tmpfs", Source = "tmpfs", Options = ["nosuid", "strictatime", "mode=755", "size=65536k"] },
        new Mount
        {
            Destination = "/dev/pts", Type = "devpts", Source = "devpts",
            Options = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
        },
        new Mount
        {
            Destination = "/dev/shm", Type = "tmpfs", Source = "shm", Options = ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"],
        },
        new Mount { Destination = "/dev/mqueue", Type = "mqueue", Source = "mqueue", Options = ["nosuid", "noexec", "nodev"] },
        new Mount { Destination = "/sys", Type = "sysfs", Source = "sysfs", Options = ["nosuid", "noexec", "nodev", "ro"] },
        new Mount
        {
            Destination = "/sys/fs/cgroup", Type = "cgroup", Source = "cgroup", Options = ["nosuid", "noexec", "nodev", "relatime", "ro"],
        },
    ];

    private static LinuxNamespace[] Namespaces(string[] types, bool cgroupNamespace) =>
        Array.ConvertAll(cgroupNamespace ? [.. types, "cgroup"] : types, static type => new LinuxNamespace { Type = type });

    private static string[] MaskedPaths(int processors)
    {
        List<string> paths =
        [
            "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
            "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/sys/devices/virtual/powercap", "/proc/scsi",
        ];
        for (int i = 0; i < processors; i++)
            paths.Add($"/sys/devices/system/cpu/cpu{i}/thermal_throttle");
        return [.. paths];
    }
}
