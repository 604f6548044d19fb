using System.Globalization;
using System.Text;
using OciRun.Linux;
using OciRun.Runtime;

namespace OciRun.Build;

/// <summary>
/// Ids for user namespaces (--userns auto): 65,536 for each container, which no other container has. As root from the entry <c>containers</c> of subuid(5) and subgid(5) where
/// there is one, else from a range that distributions leave free. Who has which is in the containers' directories of the store, and goes with them.
/// </summary>
public static class IdRanges
{
    /// <summary>Ids of one container.</summary>
    public const uint Size = 65536;

    private const string RecordName = "ids";
    private const uint FreeFrom = 524288, FreeTo = 1879048191;

    /// <summary>Takes a range and writes it down.</summary>
    /// <param name="containers">Directory of the containers' directories.</param>
    /// <param name="directory">That of the container, in it.</param>
    /// <returns>The first id on the host.</returns>
    /// <exception cref="ContainerException">None is free.</exception>
    public static uint Take(string containers, string directory)
    {
        using SafeFd all = Files.Open(containers, OpenFlags.ReadOnly | OpenFlags.Directory);
        Errno errno = Files.TryLock(all); // until we are done: nobody else chooses meanwhile
        if (errno != Errno.None)
        {
            throw new LinuxException("flock", Quoting.Quote(containers), errno);
        }

        HashSet<uint> taken = Taken(all);
        (uint from, uint to) = Range();
        for (uint first = from; first <= to && to - first >= Size - 1; first += Size)
        {
            if (!taken.Contains(first))
            {
                using SafeFd file = Files.Open($"{directory}/{RecordName}", OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate | OpenFlags.NoFollow, 0x180);
                Files.Write(file, Encoding.ASCII.GetBytes(first.ToString(CultureInfo.InvariantCulture)), RecordName);
                return first;
            }
        }

        throw new ContainerException(ErrorCode.IdMapping, $"--userns auto: none of the ids {from} to {to} are free for a container: {taken.Count} containers have them");
    }

    private static HashSet<uint> Taken(SafeFd all)
    {
        var taken = new HashSet<uint>();
        foreach (string name in Files.Names(all, "containers"))
        {
            using SafeFd? file = TreeFiles.TryOpen(all, RawName.FromText(name) + "/" + RecordName, OpenFlags.ReadOnly, out _);
            if (file is not null && uint.TryParse(Encoding.ASCII.GetString(Files.ReadAll(file, RecordName, 64)), NumberStyles.None, CultureInfo.InvariantCulture, out uint first))
            {
                taken.Add(first);
            }
        }

        return taken;
    }

    /// <summary>What both files give to <c>containers</c>; both, since one mapping is for users and for groups.</summary>
    private static (uint From, uint To) Range()
    {
        return Entry("/etc/subuid") is { } uids && Entry("/etc/subgid") is { } gids && uids == gids ? uids : (FreeFrom, FreeTo);
    }

    private static (uint From, uint To)? Entry(string path)
    {
        using SafeFd? file = Files.TryOpen(SafeFd.CurrentDirectory, path, OpenFlags.ReadOnly, out _);
        if (file is null)
        {
            return null;
        }

        foreach (string line in Encoding.UTF8.GetString(Files.ReadAll(file, path)).Split('\n'))
        {
            string[] parts = line.Split(':');
            if (parts is ["containers", var start, var count] && uint.TryParse(start, out uint from) && uint.TryParse(count, out uint size) && size >= Size)
            {
                return (from, from + (size - 1));
            }
        }

        return null;
    }
}
