using System.Globalization;
using OciRun.Linux;
using OciRun.Runtime.Planning;

namespace OciRun.Runtime.Criu;

/// <summary>Namespaces that the container has joined: they are there before a restore, and CRIU leaves them alone. The names are runc's.</summary>
internal static class ExternalNamespaces
{
    private const int External = 37, JoinNamespace = 39, InheritFd = 27;

    private static readonly (CloneFlags Type, string Name, string Key)[] s_kept = [(CloneFlags.NewNet, "net", "extRootNetNS"), (CloneFlags.NewPid, "pid", "extRootPidNS")];

    private static readonly (CloneFlags Type, string Name)[] s_joined = [(CloneFlags.NewUts, "uts"), (CloneFlags.NewIpc, "ipc"), (CloneFlags.NewTime, "time")];

    /// <summary>Names those of network and processes to a dump.</summary>
    internal static void AddTo(CriuRequest dump, NamespacePlan namespaces)
    {
        foreach ((CloneFlags type, string name, string key) in s_kept)
        {
            if (namespaces.JoinedOf(type) is { } joined)
            {
                FileFacts facts = Files.TryStatus(SafeFd.CurrentDirectory, joined.Path, followLink: true, out Errno errno) ?? throw Missing(joined, errno);
                dump.Set(External, string.Create(CultureInfo.InvariantCulture, $"{name}[{facts.Inode}]:{key}"));
            }
        }
    }

    /// <summary>Opens those of network and processes for CRIU to inherit, with the names that go with them.</summary>
    internal static List<(SafeFd Fd, string Key)> Open(NamespacePlan namespaces)
    {
        var found = new List<(SafeFd, string)>();
        foreach ((CloneFlags type, _, string key) in s_kept)
        {
            if (namespaces.JoinedOf(type) is { } joined)
            {
                found.Add((Files.TryOpen(SafeFd.CurrentDirectory, joined.Path, OpenFlags.ReadOnly, out Errno errno) ?? throw Missing(joined, errno), key));
            }
        }

        return found;
    }

    /// <summary>Names all to a restore; <paramref name="first"/> is the number of the first opened one in CRIU.</summary>
    internal static void AddTo(CriuRequest restore, NamespacePlan namespaces, List<(SafeFd Fd, string Key)> opened, int first)
    {
        for (int i = 0; i < opened.Count; i++)
        {
            restore.Set(InheritFd, opened[i].Key, first + i);
        }

        foreach ((CloneFlags type, string name) in s_joined)
        {
            if (namespaces.JoinedOf(type) is { } joined)
            {
                restore.Set(JoinNamespace, name, joined.Path);
            }
        }
    }

    private static ContainerException Missing(JoinedNamespace joined, Errno errno) =>
        new(ErrorCode.Namespace, $"{joined.Place}/path: the namespace {Quoting.Quote(joined.Path)}: {ErrnoText.Describe(errno)}") { Place = joined.Place + "/path", Errno = errno };
}
