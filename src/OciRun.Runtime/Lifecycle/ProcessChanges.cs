using OciRun.Spec;

namespace OciRun.Runtime.Lifecycle;

/// <summary>How the process of exec differs from the one in the container's config.</summary>
public sealed record ProcessChanges
{
    /// <summary>Program and arguments.</summary>
    public IReadOnlyList<string> Args { get; init; } = [];

    /// <summary>Working directory; null: the config's.</summary>
    public string? Cwd { get; init; }

    /// <summary>Added to the environment, <c>NAME=VALUE</c>; a later one of the same name wins.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>The program gets a terminal; what the config says does not count.</summary>
    public bool Terminal { get; init; }

    /// <summary>User id; null: the config's.</summary>
    public uint? Uid { get; init; }

    /// <summary>Group id; null: the config's.</summary>
    public uint? Gid { get; init; }

    /// <summary>Added to the supplementary groups.</summary>
    public IReadOnlyList<uint> AdditionalGids { get; init; } = [];

    /// <summary>SELinux label; null: the config's.</summary>
    public string? SelinuxLabel { get; init; }

    /// <summary>AppArmor profile; null: the config's.</summary>
    public string? ApparmorProfile { get; init; }

    /// <summary>no_new_privs; null: the config's.</summary>
    public bool? NoNewPrivileges { get; init; }

    /// <summary>Capabilities that are added, as <c>CAP_NET_RAW</c>. Never to the inheritable set (CVE-2022-29162): a program that runs as another user must not get them by a file's.</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = [];

    /// <summary>The process that comes of it.</summary>
    /// <param name="container">That of the container's config, which stays as it is; null: it has none.</param>
    internal Process Apply(Process? container)
    {
        container ??= new Process { Cwd = "/" };
        return new Process
        {
            Terminal = Terminal,
            Args = [.. Args],
            Cwd = Cwd ?? container.Cwd,
            Env = [.. container.Env ?? [], .. Environment],
            User = ApplyUser(container.User),
            Capabilities = ApplyCapabilities(container.Capabilities),
            SelinuxLabel = SelinuxLabel ?? container.SelinuxLabel,
            ApparmorProfile = ApparmorProfile ?? container.ApparmorProfile,
            NoNewPrivileges = NoNewPrivileges ?? container.NoNewPrivileges,
            Rlimits = container.Rlimits,
            OomScoreAdj = container.OomScoreAdj,
            Scheduler = container.Scheduler,
            IoPriority = container.IoPriority,
            ExecCPUAffinity = container.ExecCPUAffinity,
        };
    }

    /// <summary>A process document as it is, with the container's own values for some of what it leaves out, as runc has it: limits and no_new_privs are the document's alone.</summary>
    internal static Process Complete(Process document, Process? container)
    {
        if (container is not null)
        {
            document.Capabilities ??= container.Capabilities;
            document.SelinuxLabel = string.IsNullOrEmpty(document.SelinuxLabel) ? container.SelinuxLabel : document.SelinuxLabel;
            document.ApparmorProfile = string.IsNullOrEmpty(document.ApparmorProfile) ? container.ApparmorProfile : document.ApparmorProfile;
            document.OomScoreAdj ??= container.OomScoreAdj;
            document.Scheduler ??= container.Scheduler;
            document.IoPriority ??= container.IoPriority;
            document.ExecCPUAffinity ??= container.ExecCPUAffinity;
            if (document.User is { Umask: null } user)
            {
                user.Umask = container.User?.Umask;
            }
        }

        return document;
    }

    private User ApplyUser(User? user) => new()
    {
        Uid = Uid ?? user?.Uid ?? 0,
        Gid = Gid ?? user?.Gid ?? 0,
        Umask = user?.Umask,
        AdditionalGids = [.. user?.AdditionalGids ?? [], .. AdditionalGids],
    };

    private Capabilities? ApplyCapabilities(Capabilities? container)
    {
        if (Capabilities.Count == 0)
        {
            return container;
        }

        return new Capabilities
        {
            Bounding = [.. container?.Bounding ?? [], .. Capabilities],
            Effective = [.. container?.Effective ?? [], .. Capabilities],
            Permitted = [.. container?.Permitted ?? [], .. Capabilities],
            Inheritable = container?.Inheritable,
            Ambient = container?.Ambient,
        };
    }
}
