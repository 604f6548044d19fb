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

    /// <summary>The two say the same, line by line.</summary>
    internal static bool Same(IdMapping[] a, IdMapping[] b)
    {
        if (a.Length != b.Length)
        {
            return false;
        }

        for (int i = 0; i < a.Length; i++)
        {
            if (a[i].ContainerID != b[i].ContainerID || a[i].HostID != b[i].HostID || a[i].Size != b[i].Size)
            {
                return false;
            }
        }

        return true;
    }
}
