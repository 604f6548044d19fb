using System.Globalization;
using System.Text;
using OciRun.Cgroups;
using OciRun.Linux;
using OciRun.Runtime.Planning;
using OciRun.Spec;

namespace OciRun.Runtime.Lifecycle;

/// <summary>What validate --host adds: files of the host that a config names, and what this kernel, its cgroups and the caller cannot do. Nothing is made or changed.</summary>
internal sealed class HostCheck(RuntimeOptions runtime, Bundle bundle)
{
    private readonly List<Finding> _findings = [];

    private RuntimeConfig Config => bundle.Config;

    internal IReadOnlyList<Finding> Run()
    {
        Try("/root/path", bundle.CheckRootfs);
        Mounts();
        Hooks();
        Namespaces();
        Try("/linux/sysctl", () => SysctlScope.Check(Config));
        Limits();
        NetDevices();
        Plan();
        return _findings;
    }

    private void Mounts()
    {
        string? known = null;
        for (int i = 0; i < (Config.Mounts?.Length ?? 0); i++)
        {
            Mount mount = Config.Mounts![i];
            MountOptions options = MountOptions.Parse(mount.Options);
            string place = Place("/mounts/", i);
            if (options.IsBind && !options.IsRemount)
            {
                Exists(place + "/source", Paths.Below(bundle.Directory, mount.Source!), followLink: !options.SourceNoFollow && !options.CopySymlink);
            }
            else if (!options.IsRemount && mount.Type is { Length: > 0 } type
                && !(known ??= "\t" + Encoding.UTF8.GetString(Files.ReadAll("/proc/filesystems"))).Contains($"\t{type}\n", StringComparison.Ordinal))
            {
                Should(place + "/type", $"this kernel does not list {Quoting.Quote(type)} in /proc/filesystems: a module may have it");
            }
        }
    }

    private void Hooks()
    {
        Hooks("prestart", Config.Hooks?.Prestart);
        Hooks("createRuntime", Config.Hooks?.CreateRuntime);
        Hooks("createContainer", Config.Hooks?.CreateContainer);
        Hooks("poststart", Config.Hooks?.Poststart);
        Hooks("poststop", Config.Hooks?.Poststop);
    }

    /// <summary>startContainer hooks are files of the container.</summary>
    private void Hooks(string kind, Hook[]? hooks)
    {
        for (int i = 0; i < (hooks?.Length ?? 0); i++)
        {
            string place = Place($"/hooks/{kind}/", i) + "/path";
            if (Exists(place, hooks![i].Path!) is { } file && (file.Type != FileType.Regular || (file.Permissions & 0x49) == 0))
            {
                Must(place, FindingCode.HostMissing, $"{Quoting.Quote(hooks[i].Path!)} is no program: a regular file with execute permission is wanted");
            }
        }
    }

    private void Namespaces()
    {
        LinuxNamespace[] namespaces = Config.Linux?.Namespaces ?? [];
        for (int i = 0; i < namespaces.Length; i++)
        {
            string place = Place("/linux/namespaces/", i);
            if (namespaces[i].Path is { Length: > 0 } path)
            {
                Exists(place + "/path", path);
            }

            NamespaceTypes.TryGetFlag(namespaces[i].Type!, out ulong flag);
            if (!Found("/proc/self/ns/" + NamespaceTypes.ProcFile(flag), followLink: false))
            {
                Must(place + "/type", FindingCode.HostUnable, $"this kernel has no {namespaces[i].Type} namespaces");
            }
        }
    }

    /// <summary>Each kind for itself, so that one does not hide the others.</summary>
    private void Limits()
    {
        if (Config.Linux?.Resources is not { } all)
        {
            return;
        }

        Cgroup? cgroup = null;
        Try("/linux/cgroupsPath", () => cgroup = CgroupSetup.Plan(runtime, Config, PlanPreview.Id, HostFacts.Gather(Config)));
        foreach (Resources one in (Resources[])
        [
            new() { Memory = all.Memory }, new() { Cpu = all.Cpu }, new() { Pids = all.Pids }, new() { BlockIO = all.BlockIO }, new() { HugepageLimits = all.HugepageLimits },
            new() { Network = all.Network }, new() { Rdma = all.Rdma }, new() { Unified = all.Unified },
        ])
        {
            Try("/linux/resources", () => CgroupSetup.Translate(() =>
            {
                foreach (string warning in cgroup?.PreviewLimits(one).Warnings ?? [])
                {
                    Warning(warning);
                }
            }));
        }
    }

    private void NetDevices()
    {
        if (Config.Linux?.NetDevices is { Count: > 0 } devices)
        {
            using NetworkLinks links = NetworkLinks.Open();
            foreach (string name in devices.Keys)
            {
                if (links.Find(name) == 0)
                {
                    Must("/linux/netDevices/" + JsonPointer.Escape(name), FindingCode.HostMissing, "there is no network device of that name in the network namespace of the runtime");
                }
            }
        }
    }

    /// <summary>The plan itself: what it refuses, and what it warns of. Where the root filesystem or its layers are missing, that has been said.</summary>
    private void Plan() => Try("/linux", () =>
    {
        PlanPreview preview = PlanPreview.Make(runtime with { Diagnostics = new Diagnostics() }, bundle);
        preview.Plan.Warnings.ForEach(Warning);
        if (!preview.Host.IsHostRoot && !preview.Plan.Namespaces.IsOwn(CloneFlags.NewUser) && preview.Plan.Namespaces.New != CloneFlags.None)
        {
            Must("/linux/namespaces", FindingCode.HostUnable, "new namespaces need root, or a user namespace in the config (\"ocirun spec --rootless\")");
        }
    });

    private void Try(string place, Action check)
    {
        try
        {
            check();
        }
        catch (ContainerException e)
        {
            string at = e.Place ?? place;
            string text = e.Message.StartsWith(at + ": ", StringComparison.Ordinal) ? e.Message[(at.Length + 2)..] : e.Message;
            Must(at, e.Code == ErrorCode.RootfsMissing ? FindingCode.HostMissing : FindingCode.HostUnable, text);
        }
    }

    private FileFacts? Exists(string place, string path, bool followLink = true)
    {
        FileFacts? facts = Files.TryStatus(SafeFd.CurrentDirectory, path, followLink, out Errno errno);
        if (facts is null)
        {
            Must(place, FindingCode.HostMissing, $"{Quoting.Quote(path)}: {ErrnoText.Describe(errno)}");
        }

        return facts;
    }

    private static bool Found(string path, bool followLink) => Files.TryStatus(SafeFd.CurrentDirectory, path, followLink, out _) is not null;

    /// <summary>A warning of create: "/place: text", or only a text.</summary>
    private void Warning(string warning)
    {
        int colon = warning.StartsWith('/') ? warning.IndexOf(": ", StringComparison.Ordinal) : -1;
        Should(colon < 0 ? "/process" : warning[..colon], colon < 0 ? warning : warning[(colon + 2)..]);
    }

    private void Should(string place, string text) => _findings.Add(new Finding(place, FindingLevel.Should, FindingCode.HostUnable, Clause(place), text));

    /// <summary>What two parts of the check meet is said once.</summary>
    private void Must(string place, string code, string text)
    {
        if (!_findings.Exists(finding => finding.Message == text))
        {
            _findings.Add(new Finding(place, FindingLevel.Must, code, Clause(place), text));
        }
    }

    private static string Place(string list, int index) => string.Create(CultureInfo.InvariantCulture, $"{list}{index}");

    private static string Clause(string place)
    {
        string[] parts = place.Split('/', 4);
        return parts switch
        {
            ["", "linux", "namespaces", ..] => "config-linux.md#namespaces",
            ["", "linux", "netDevices", ..] => "config-linux.md#network-devices",
            ["", "linux", "seccomp", ..] => "config-linux.md#seccomp",
            ["", "linux", "intelRdt", ..] => "config-linux.md#intelrdt",
            ["", "linux", "devices", ..] => "config-linux.md#devices",
            ["", "linux", "sysctl", ..] => "config-linux.md#sysctl",
            ["", "linux", ..] => "config-linux.md#control-groups",
            ["", "hooks", ..] => "config.md#posix-platform-hooks",
            ["", var part, ..] => "config.md#" + part,
            _ => "config.md",
        };
    }
}
