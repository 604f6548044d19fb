using System.Globalization;
using OciRun.Linux;
using OciRun.Runtime.Planning;

namespace OciRun.Runtime.Criu;

/// <summary>Namespaces that the container has joined: they are there before a restore, and CRIU leaves them alone. The names are runc's.</summary>
internal static class ExternalNamespaces
{
    private const int External = 37, JoinNamespace = 39, InheritFd = 27;

    /// <summary>Names those of network and processes to a dump.</summary>
    internal static void AddTo(CriuRequest dump, NamespacePlan namespaces)
    {
        foreach (JoinedNamespace joined in namespaces.Joined)
        {
            if (KeyOf(joined.Type) is { } key)
            {
                FileFacts facts = Files.TryStatus(SafeFd.CurrentDirectory, joined.Path, followLink: true, out Errno errno) ?? throw Missing(joined, errno);
                dump.Set(External, string.Create(CultureInfo.InvariantCulture, $"{NameOf(joined.Type)}[{facts.Inode}]:{key}"));
            }
        }
    }

    /// <summary>Opens those of network and processes for CRIU to inherit.</summary>
    internal static SafeFd[] Open(NamespacePlan namespaces)
    {
        var found = new List<SafeFd>();
        foreach (JoinedNamespace joined in namespaces.Joined)
        {
            if (KeyOf(joined.Type) is not null)
            {
                found.Add(Files.TryOpen(SafeFd.CurrentDirectory, joined.Path, OpenFlags.ReadOnly, out Errno errno) ?? throw Missing(joined, errno));
            }
        }

        return found.ToArray();
    }

    /// <summary>Names all to a restore; <paramref name="number"/> is that of the first opened one in CRIU.</summary>
    internal static void AddTo(CriuRequest restore, NamespacePlan namespaces, int number)
    {
        foreach (JoinedNamespace joined in namespaces.Joined)
        {
            if (KeyOf(joined.Type) is { } key)
            {
                restore.Set(InheritFd, key, number++);
            }
            else
            {
                restore.Set(JoinNamespace, NameOf(joined.Type), joined.Path);
            }
        }
    }

    /// <summary>The name that the container's network, or its processes, go by between a dump and a restore.</summary>
    private static string? KeyOf(CloneFlags type) => type switch
    {
        CloneFlags.NewNet => "extRootNetNS",
        CloneFlags.NewPid => "extRootPidNS",
        _ => null,
    };

    private static string NameOf(CloneFlags type) => type switch
    {
        CloneFlags.NewNet => "net",
        CloneFlags.NewPid => "pid",
        CloneFlags.NewUts => "uts",
        CloneFlags.NewIpc => "ipc",
        _ => "time", // CriuLimits has refused the others
    };

    private static ContainerException Missing(JoinedNamespace joined, Errno errno) =>
        new(ErrorCode.Namespace, $"{joined.Place}/path: the namespace {Quoting.Quote(joined.Path)}: {ErrnoText.Describe(errno)}") { Place = joined.Place + "/path", Errno = errno };
}
