namespace OciRun.Spec;

/// <summary>The eight kinds of namespaces (config-linux.md, Namespaces; namespaces(7)).</summary>
public static class NamespaceTypes
{
#pragma warning disable CS1591 // the kernel's CLONE_NEW* values
    public const ulong Time = 0x00000080;
    public const ulong Mount = 0x00020000;
    public const ulong Cgroup = 0x02000000;
    public const ulong Uts = 0x04000000;
    public const ulong Ipc = 0x08000000;
    public const ulong User = 0x10000000;
    public const ulong Pid = 0x20000000;
    public const ulong Network = 0x40000000;
#pragma warning restore CS1591

    private static readonly string[] s_names = ["pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time"];

    /// <summary>The words of the specification.</summary>
    public static IReadOnlyList<string> All => s_names;

    /// <summary>The CLONE_NEW* value of a word of the specification.</summary>
    /// <param name="type">As in <c>network</c>.</param>
    /// <param name="flag">CLONE_NEW* value.</param>
    /// <returns>False for a word that is none.</returns>
    public static bool TryGetFlag(string? type, out ulong flag)
    {
        flag = type switch
        {
            "pid" => Pid,
            "network" => Network,
            "mount" => Mount,
            "ipc" => Ipc,
            "uts" => Uts,
            "user" => User,
            "cgroup" => Cgroup,
            "time" => Time,
            _ => 0,
        };
        return flag != 0;
    }

    /// <summary>The name of the link in /proc/PID/ns, and of the kind in messages of the kernel.</summary>
    /// <param name="flag">One CLONE_NEW* value.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not one of the eight.</exception>
    public static string ProcFile(ulong flag) => flag switch
    {
        Pid => "pid",
        Network => "net",
        Mount => "mnt",
        Ipc => "ipc",
        Uts => "uts",
        User => "user",
        Cgroup => "cgroup",
        Time => "time",
        _ => throw new ArgumentOutOfRangeException(nameof(flag)),
    };

    /// <summary>The entry of a kind.</summary>
    /// <param name="namespaces">linux.namespaces.</param>
    /// <param name="flag">One CLONE_NEW* value.</param>
    /// <returns>Null: the container inherits the runtime's namespace of this kind.</returns>
    public static LinuxNamespace? Find(LinuxNamespace[]? namespaces, ulong flag)
    {
        if (namespaces is null)
            return null;
        foreach (var entry in namespaces)
        {
            if (TryGetFlag(entry?.Type, out ulong candidate) && candidate == flag)
                return entry;
        }
        return null;
    }

    /// <summary>The container gets a new namespace of this kind (an entry without a path).</summary>
    /// <param name="namespaces">linux.namespaces.</param>
    /// <param name="flag">One CLONE_NEW* value.</param>
    public static bool IsNew(LinuxNamespace[]? namespaces, ulong flag) =>
        Find(namespaces, flag) is { } entry && string.IsNullOrEmpty(entry.Path);
}
