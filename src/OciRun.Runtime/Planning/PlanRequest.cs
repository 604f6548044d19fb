using OciRun.Cgroups;

namespace OciRun.Runtime.Planning;

/// <summary>What the command line adds to config.json.</summary>
/// <param name="Id">The container's id.</param>
/// <param name="Bundle">Absolute path of the bundle.</param>
internal sealed record PlanRequest(string Id, string Bundle)
{
    /// <summary>--strict: no second way that is weaker.</summary>
    internal bool Strict { get; init; }

    internal bool NoPivot { get; init; }

    /// <summary>The root filesystem is put together of layers.</summary>
    internal OverlayRoot? Overlay { get; init; }

    /// <summary>exec: another process of a container that is there.</summary>
    internal bool JoinsContainer { get; init; }

    /// <summary>run: nobody will call start.</summary>
    internal bool StartsAtOnce { get; init; }

    /// <summary>The program is killed when its parent ends (prctl(2), PR_SET_PDEATHSIG).</summary>
    internal bool EndsWithParent { get; init; }

    internal bool NoNewKeyring { get; init; }

    /// <summary>Descriptors from 3 on that the program keeps.</summary>
    internal int KeepDescriptors { get; init; }

    /// <summary>Of those, how many are passed on as LISTEN_FDS (C54).</summary>
    internal int ListenDescriptors { get; init; }

    /// <summary>LISTEN_FDNAMES of the caller.</summary>
    internal string? ListenNames { get; init; }

    /// <summary>Directory with our notify socket, to be bound at /run/notify (C55); null without NOTIFY_SOCKET.</summary>
    internal string? NotifyDirectory { get; init; }

    /// <summary>The machine's cgroups; null where nobody makes one for the container.</summary>
    internal CgroupHost? CgroupHost { get; init; }

    /// <summary>The container's cgroup, by controller.</summary>
    internal required IReadOnlyDictionary<string, string> CgroupPaths { get; init; }

    /// <summary>The compiled system call filter.</summary>
    internal SeccompStep? Seccomp { get; init; }

    /// <summary>The state for hooks inside the container, with @PID@ for the pid.</summary>
    internal required string CreatingState { get; init; }

    /// <summary>The same with status created.</summary>
    internal required string CreatedState { get; init; }
}
