using OciRun.Linux;
using OciRun.Spec;

namespace OciRun.Runtime.Planning;

/// <summary>What the planner must know of the machine and of the caller; a value, so that plans are tested without root.</summary>
internal sealed record HostFacts
{
    /// <summary>Effective user id.</summary>
    internal required uint Uid { get; init; }

    /// <summary>Effective group id.</summary>
    internal required uint Gid { get; init; }

    /// <summary>uid_map is the identity: we are in the initial user namespace (or one that cannot be told from it).</summary>
    internal required bool InitialUserNamespace { get; init; }

    /// <summary>Effective capabilities.</summary>
    internal required ulong Capabilities { get; init; }

    /// <summary>The highest capability of this kernel.</summary>
    internal required uint LastCapability { get; init; }

    /// <summary>/sys/fs/selinux is mounted.</summary>
    internal bool SelinuxEnabled { get; init; }

    /// <summary>AppArmor is on.</summary>
    internal bool AppArmorEnabled { get; init; }

    /// <summary>binfmt_misc has entries: files that are neither ELF of this machine nor scripts may run.</summary>
    internal bool ForeignFormats { get; init; }

    /// <summary>Our own hard limits by number, getrlimit(2); empty when the config sets none.</summary>
    internal IReadOnlyList<ulong> HardLimits { get; init; } = [];

    /// <summary>Real root on the host: may do everything that only the initial user namespace allows.</summary>
    internal bool IsHostRoot => InitialUserNamespace && Uid == 0;

    internal bool Has(int capability) => (Capabilities >> capability & 1) != 0;

    /// <summary>Looks at this machine; at LSMs and limits only when the config asks for some.</summary>
    internal static HostFacts Gather(RuntimeConfig config)
    {
        Process? process = config.Process;
        bool wantsLabels = !string.IsNullOrEmpty(process?.ApparmorProfile) || !string.IsNullOrEmpty(process?.SelinuxLabel) || !string.IsNullOrEmpty(config.Linux?.MountLabel);
        return Gather(wantsLabels, process?.Rlimits is { Length: > 0 });
    }

    private static HostFacts Gather(bool wantsLabels, bool wantsLimits) => new()
    {
        Uid = Processes.EffectiveUid,
        Gid = Processes.EffectiveGid,
        InitialUserNamespace = Processes.InInitialUserNamespace,
        Capabilities = Processes.EffectiveCapabilities,
        LastCapability = Processes.LastCapability,
        ForeignFormats = HasBinaryFormats(),
        HardLimits = wantsLimits ? ReadHardLimits() : [],
        SelinuxEnabled = wantsLabels && Selinux.IsEnabled,
        AppArmorEnabled = wantsLabels && ReadsYes("/sys/module/apparmor/parameters/enabled"),
    };

    private static ulong[] ReadHardLimits()
    {
        ulong[] limits = new ulong[RlimitNames.Count];
        for (int i = 0; i < limits.Length; i++)
        {
            limits[i] = Processes.GetLimit(i).Hard;
        }

        return limits;
    }

    /// <summary>More than the two control files, register and status.</summary>
    private static bool HasBinaryFormats()
    {
        const string Place = "/proc/sys/fs/binfmt_misc";
        using SafeFd? directory = Files.TryOpen(SafeFd.CurrentDirectory, Place, OpenFlags.ReadOnly | OpenFlags.Directory, out _);
        return directory is not null && Files.Names(directory, Place).Count > 2;
    }

    private static bool Exists(string path) => Files.TryStatus(SafeFd.CurrentDirectory, path, followLink: true, out _) is not null;

    private static bool ReadsYes(string path) => Exists(path) && Files.ReadAll(path) is [(byte)'Y', ..];
}
