using System.Globalization;
using System.Text;
using OciRun.Spec;

namespace OciRun.Runtime.Init;

/// <summary>The id mappings of a user namespace, user_namespaces(7).</summary>
internal sealed record IdMaps(IdMapping[] Uids, IdMapping[] Gids)
{
    /// <summary>The lines of /proc/PID/uid_map.</summary>
    internal static string Lines(IdMapping[] mappings)
    {
        var text = new StringBuilder();
        foreach (IdMapping mapping in mappings)
        {
            text.Append(CultureInfo.InvariantCulture, $"{mapping.ContainerID} {mapping.HostID} {mapping.Size}\n");
        }

        return text.ToString();
    }

    /// <summary>The id on the host of an id in the container, or null where it is not mapped.</summary>
    internal static uint? ToHost(IdMapping[] mappings, uint id)
    {
        foreach (IdMapping mapping in mappings)
        {
            if (id >= mapping.ContainerID && id - mapping.ContainerID < mapping.Size)
            {
                return mapping.HostID + (id - mapping.ContainerID);
            }
        }

        return null;
    }

    /// <summary>What /proc/PID/uid_map or gid_map says; the ids outside are those of the reader's user namespace.</summary>
    internal static IdMapping[] Parse(string text)
    {
        var mappings = new List<IdMapping>();
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] numbers = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            mappings.Add(new IdMapping { ContainerID = Number(numbers[0]), HostID = Number(numbers[1]), Size = Number(numbers[2]) });
        }

        return mappings.ToArray();
    }

    /// <summary>The reverse: the id in the container of one of the host.</summary>
    internal static uint? ToContainer(IdMapping[] mappings, uint id)
    {
        foreach (IdMapping mapping in mappings)
        {
            if (id >= mapping.HostID && id - mapping.HostID < mapping.Size)
            {
                return mapping.ContainerID + (id - mapping.HostID);
            }
        }

        return null;
    }

    /// <summary>The two map every id alike, in whatever order and pieces.</summary>
    internal static bool Same(IdMapping[] a, IdMapping[] b)
    {
        List<(ulong Inside, ulong Outside, ulong Size)> first = Normalize(a), second = Normalize(b);
        if (first.Count != second.Count)
        {
            return false;
        }

        for (int i = 0; i < first.Count; i++)
        {
            if (first[i] != second[i])
            {
                return false;
            }
        }

        return true;
    }

    private static uint Number(string text) => uint.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>Sorted, with neighbours that go on with each other made one.</summary>
    private static List<(ulong Inside, ulong Outside, ulong Size)> Normalize(IdMapping[] mappings)
    {
        IdMapping[] sorted = [.. mappings];
        Array.Sort(sorted, static (x, y) => x.ContainerID.CompareTo(y.ContainerID));
        var result = new List<(ulong Inside, ulong Outside, ulong Size)>(sorted.Length);
        foreach (IdMapping mapping in sorted)
        {
            if (result.Count > 0 && result[^1] is var last && last.Inside + last.Size == mapping.ContainerID && last.Outside + last.Size == mapping.HostID)
            {
                result[^1] = last with { Size = last.Size + mapping.Size };
            }
            else
            {
                result.Add((mapping.ContainerID, mapping.HostID, mapping.Size));
            }
        }

        return result;
    }
}
