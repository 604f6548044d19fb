using OciRun.Images;
using OciRun.Images.Model;
using OciRun.Linux;
using OciRun.Runtime;
using OciRun.Runtime.Lifecycle;
using OciRun.Spec;

namespace OciRun.Build;

/// <summary>config.json from the configuration of an image (image-spec, conversion.md) and what the caller adds. Hardened: few capabilities, no_new_privs, a filter of system
/// calls, other users' processes hidden.</summary>
internal static class BundleConfig
{
    internal const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private const ulong CpuPeriod = 100_000; // microseconds
    private const string ImagePrefix = "org.opencontainers.image.";

    /// <param name="id">Host name where none is given.</param>
    /// <param name="image">The image.</param>
    /// <param name="options">What the caller adds.</param>
    /// <param name="cgroupNamespace">The host has cgroup v2.</param>
    /// <exception cref="ContainerException">A value is wrong, or the image lacks what is asked for.</exception>
    internal static RuntimeConfig Make(string id, StoredImage image, BundleOptions options, bool cgroupNamespace) =>
        Make(id, image.Name, image.Config, image.LowerDirectories, options, cgroupNamespace);

    /// <summary>The same of what may be no image of the store yet.</summary>
    /// <param name="id">Host name where none is given.</param>
    /// <param name="name">Of the image, for messages.</param>
    /// <param name="image">Its configuration.</param>
    /// <param name="layers">Its directories, the topmost first.</param>
    /// <param name="options">What the caller adds.</param>
    /// <param name="cgroupNamespace">The host has cgroup v2.</param>
    /// <exception cref="ContainerException">A value is wrong, or the image lacks what is asked for.</exception>
    internal static RuntimeConfig Make(string id, string? name, ImageConfig image, IReadOnlyList<string> layers, BundleOptions options, bool cgroupNamespace)
    {
        ContainerSettings settings = image.Config ?? new();
        RuntimeConfig config = DefaultConfig.Create(cgroupNamespace);
        config.Hostname = options.Hostname ?? (id.Length <= 63 ? id : id[..63]);
        config.Root = new Root { Path = "rootfs", Readonly = options.ReadOnly };
        string[] capabilities = BundleCapabilities.Choose(options.AddedCapabilities, options.DroppedCapabilities);
        config.Process = MakeProcess(Arguments(name, settings, options), layers, settings, options, capabilities);
        config.Mounts = [.. Harden(config.Mounts!), .. BundleMounts.Make(settings, options)];
        config.Annotations = MakeAnnotations(image, settings);
        config.Linux!.Resources = MakeResources(options);
        config.Linux.Seccomp = MakeSeccomp(options, capabilities);
        SetNetwork(config, options.Network);
        if (OwnNamespace.Mappings() is { } own)
        {
            MakeRootless(config, options, own);
        }
        else if (options.FirstId is { } first)
        {
            config.Linux.Namespaces = [.. config.Linux.Namespaces!, new LinuxNamespace { Type = "user" }];
            config.Linux.UidMappings = [new IdMapping { ContainerID = 0, HostID = first, Size = IdRanges.Size }];
            config.Linux.GidMappings = [new IdMapping { ContainerID = 0, HostID = first, Size = IdRanges.Size }];
        }

        return config;
    }

    /// <summary>For an ordinary user: his own user namespace, no limits where none are asked for, and nothing that needs an id that he does not have.</summary>
    private static void MakeRootless(RuntimeConfig config, BundleOptions options, (IdMapping[] Uids, IdMapping[] Gids) own)
    {
        LinuxSection linux = config.Linux!;
        (linux.UidMappings, linux.GidMappings) = own;
        linux.Namespaces = [.. linux.Namespaces!, new LinuxNamespace { Type = "user" }];
        bool isMapped = own.Gids.Length > 1;
        if (options.Memory is null && options.Cpus is null && options.Pids is null)
        {
            linux.Resources = null;
        }

        foreach (Mount mount in config.Mounts!)
        {
            if (!isMapped && mount.Options is { } given)
            {
                mount.Options = Array.FindAll(given, static option => !option.StartsWith("gid=", StringComparison.Ordinal));
            }

            if (mount.Destination == "/sys" && options.Network != "none")
            {
                (mount.Type, mount.Source, mount.Options) = ("none", "/sys", ["rbind", "nosuid", "noexec", "nodev", "ro"]); // sysfs belongs to the network namespace
            }
        }

        if (!isMapped)
        {
            config.Process!.User!.AdditionalGids = null; // setgroups(2) is denied there
        }
    }

    private static Process MakeProcess(string[] arguments, IReadOnlyList<string> layers, ContainerSettings settings, BundleOptions options, string[] capabilities)
    {
        ImageUser user = ImageUser.Find(options.User ?? settings.User ?? "", LayerFiles.Read(layers, "etc/passwd"), LayerFiles.Read(layers, "etc/group"));
        string[] held = user.Uid == 0 ? capabilities : []; // the others could gain them by execve(2) only, which no_new_privs forbids
        return new Process
        {
            Terminal = options.Terminal,
            User = new User { Uid = user.Uid, Gid = user.Gid, AdditionalGids = user.Groups.Length > 0 ? user.Groups : null },
            Args = arguments,
            Env = MakeEnvironment(settings, options, user),
            Cwd = options.WorkingDirectory ?? (string.IsNullOrEmpty(settings.WorkingDir) ? "/" : settings.WorkingDir),
            Capabilities = new Capabilities { Bounding = capabilities, Effective = held, Permitted = held },
            NoNewPrivileges = true,
        };
    }

    private static string[] Arguments(string? name, ContainerSettings settings, BundleOptions options)
    {
        string[] words = [.. settings.Entrypoint ?? [], .. options.Command.Count > 0 ? options.Command : settings.Cmd ?? []];
        return words.Length > 0 ? words : throw BuildError.Usage($"the image {name} names no program to run: give a command after the container's id");
    }

    private static string[] MakeEnvironment(ContainerSettings settings, BundleOptions options, ImageUser user)
    {
        var variables = new List<string>();
        void Set(string variable)
        {
            string name = variable[..(variable.IndexOf('=', StringComparison.Ordinal) + 1)];
            int index = variables.FindIndex(known => known.StartsWith(name, StringComparison.Ordinal));
            if (index < 0)
            {
                variables.Add(variable);
            }
            else
            {
                variables[index] = variable;
            }
        }

        Set("PATH=" + DefaultPath);
        if (options.Terminal)
        {
            Set("TERM=xterm");
        }

        Set("HOME=" + (string.IsNullOrEmpty(user.Home) ? "/" : user.Home));
        foreach (string variable in settings.Env ?? [])
        {
            Set(variable.Contains('=', StringComparison.Ordinal) ? variable : variable + "=");
        }

        foreach (string variable in options.Environment)
        {
            if (variable.Contains('=', StringComparison.Ordinal))
            {
                Set(variable);
            }
            else if (Environment.GetEnvironmentVariable(variable) is { } value)
            {
                Set($"{variable}={value}");
            }
        }

        return [.. variables];
    }

    private static IEnumerable<Mount> Harden(Mount[] mounts)
    {
        foreach (Mount mount in mounts)
        {
            if (mount.Destination == "/proc")
            {
                mount.Options = ["nosuid", "noexec", "nodev", "hidepid=2"]; // per mount since Linux 5.8, per pid namespace before
            }

            yield return mount;
        }
    }

    /// <summary>The annotations of conversion.md; labels are annotations, unless one of those says the same.</summary>
    private static Dictionary<string, string> MakeAnnotations(ImageConfig image, ContainerSettings settings)
    {
        var annotations = new Dictionary<string, string>(settings.Labels ?? []);
        void Set(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                annotations[ImagePrefix + name] = value;
            }
        }

        foreach (string key in annotations.Keys.Where(key => key.Length == 0 || key.StartsWith(OverlayDirectories.Prefix, StringComparison.Ordinal)).ToArray())
        {
            annotations.Remove(key); // an image must not say what its root filesystem is made of
        }

        Set("os", image.Os);
        Set("architecture", image.Architecture);
        Set("variant", image.Variant);
        Set("author", image.Author);
        Set("created", image.Created);
        Set("stopSignal", settings.StopSignal);
        Set("exposedPorts", string.Join(',', settings.ExposedPorts?.Keys.Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>()));
        return annotations;
    }

    private static Resources MakeResources(BundleOptions options)
    {
        Resources resources = new() { Devices = [new DeviceRule { Allow = false, Access = "rwm" }] };
        if (options.Memory is { } memory)
        {
            resources.Memory = new MemoryResources { Limit = memory };
        }

        if (options.Cpus is { } cpus)
        {
            resources.Cpu = new CpuResources { Period = CpuPeriod, Quota = (long)(cpus * CpuPeriod) };
        }

        if (options.Pids is { } pids)
        {
            resources.Pids = new PidsResources { Limit = pids };
        }

        return resources;
    }

    private static Seccomp? MakeSeccomp(BundleOptions options, string[] capabilities)
    {
        if (options.NoSeccomp)
        {
            return null;
        }

        if (options.SeccompProfile is null)
        {
            return SystemCallProfile.Default(capabilities.Contains("CAP_SYS_ADMIN"));
        }

        // Read as part of a config, so that its faults are named as there.
        byte[] whole = [.. "{\"linux\":{\"seccomp\":"u8, .. options.SeccompProfile, .. "}}"u8];
        try
        {
            return ConfigReader.Read(whole).Linux?.Seccomp;
        }
        catch (InvalidConfigException e)
        {
            throw new ContainerException(ErrorCode.InvalidConfig, $"the seccomp profile: {Quoting.Escape(e.Message)}", e);
        }
    }

    private static void SetNetwork(RuntimeConfig config, string network)
    {
        LinuxSection linux = config.Linux!;
        LinuxNamespace own = linux.Namespaces!.First(space => space.Type == "network");
        switch (network)
        {
            case "none":
                break;
            case "host":
                linux.Namespaces = [.. linux.Namespaces!.Where(space => space != own)];
                config.Mounts = [.. config.Mounts!, .. BundleMounts.HostNames()];
                break;
            default:
                own.Path = Path.IsPathFullyQualified(network)
                    ? network
                    : throw BuildError.Usage($"--network={network}: it is none, host, or the absolute path of a network namespace");
                break;
        }
    }
}
