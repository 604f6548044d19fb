using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Spec;

namespace OciRun.Runtime.Planning;

/// <summary>Which namespaces the container gets: new, joined, or the runtime's own where it is in neither set.</summary>
internal sealed record NamespacePlan
{
    internal required CloneFlags New { get; init; }

    internal required IReadOnlyList<JoinedNamespace> Joined { get; init; }

    /// <summary>The mappings of the user namespace; null without one, or where it is joined and they are not known.</summary>
    internal IdMaps? Maps { get; init; }

    internal bool IsNew(CloneFlags type) => (New & type) != 0;

    /// <summary>New or joined.</summary>
    internal bool IsOwn(CloneFlags type) => IsNew(type) || JoinedOf(type) is not null;

    internal JoinedNamespace? JoinedOf(CloneFlags type)
    {
        foreach (JoinedNamespace joined in Joined)
        {
            if (joined.Type == type)
            {
                return joined;
            }
        }

        return null;
    }

    /// <summary>The stage forks for the init: a user namespace must be there before the others, and pid and time namespaces take only children.</summary>
    internal bool NeedsFork =>
        IsOwn(CloneFlags.NewUser) || IsOwn(CloneFlags.NewTime) || JoinedOf(CloneFlags.NewPid) is not null || JoinedOf(CloneFlags.NewNamespace) is not null;

    /// <summary>The validator has seen the entries: types are known and unique, paths absolute.</summary>
    internal static NamespacePlan From(RuntimeConfig config)
    {
        CloneFlags fresh = CloneFlags.None;
        var joined = new List<JoinedNamespace>();
        LinuxNamespace[] namespaces = config.Linux?.Namespaces ?? [];
        for (int i = 0; i < namespaces.Length; i++)
        {
            CloneFlags type = TypeOf(namespaces[i].Type!);
            if (string.IsNullOrEmpty(namespaces[i].Path))
            {
                fresh |= type;
            }
            else
            {
                joined.Add(new JoinedNamespace(type, namespaces[i].Path!, $"/linux/namespaces/{i}"));
            }
        }

        IdMapping[] uids = config.Linux?.UidMappings ?? [];
        IdMapping[] gids = config.Linux?.GidMappings ?? [];
        return new NamespacePlan { New = fresh, Joined = joined, Maps = uids.Length > 0 || gids.Length > 0 ? new IdMaps(uids, gids) : null };
    }

    private static CloneFlags TypeOf(string type) => type switch
    {
        "pid" => CloneFlags.NewPid,
        "network" => CloneFlags.NewNet,
        "mount" => CloneFlags.NewNamespace,
        "ipc" => CloneFlags.NewIpc,
        "uts" => CloneFlags.NewUts,
        "user" => CloneFlags.NewUser,
        "cgroup" => CloneFlags.NewCgroup,
        "time" => CloneFlags.NewTime,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "not validated"),
    };
}
