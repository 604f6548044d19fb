using System.Globalization;
using OciRun.Linux;
using OciRun.Runtime.Planning;
using OciRun.Spec;

namespace OciRun.Runtime.Lifecycle;

/// <summary>
/// Moves devices of the runtime's network namespace into the container's (config-linux.md, Network Devices). Nothing ever moves them back: with its namespace a
/// physical device goes home by itself, and a virtual one ends.
/// </summary>
internal static class NetworkDevices
{
    /// <param name="devices">linux.netDevices.</param>
    /// <param name="socket">A netlink socket of the container's network namespace.</param>
    /// <param name="pid">A process in it.</param>
    /// <exception cref="ContainerException">A device is missing, or its name is taken, or it cannot be moved. All is checked before the first one is.</exception>
    internal static void Move(Dictionary<string, NetDevice> devices, SafeFd socket, int pid)
    {
        using var there = new NetworkLinks(socket);
        using NetworkLinks here = NetworkLinks.Open();
        var indexes = new List<int>();
        foreach ((string hostName, NetDevice device) in devices)
        {
            int index = here.Find(hostName);
            if (index == 0)
            {
                throw Failed(hostName, "there is no network device of that name in the network namespace of the runtime", "RTM_GETLINK", Errno.ENODEV);
            }

            string name = NameOf(hostName, device);
            if (!IsTemplate(name) && there.Find(name) != 0)
            {
                throw Failed(hostName, $"the container's network namespace has a device {Quoting.Quote(name)} already: give another name, or a template as in \"eth%d\"", "RTM_GETLINK", Errno.EEXIST);
            }

            indexes.Add(index);
        }

        int next = 0;
        foreach ((string hostName, NetDevice device) in devices)
        {
            Move(here, there, indexes[next++], hostName, NameOf(hostName, device), pid);
        }
    }

    private static void Move(NetworkLinks here, NetworkLinks there, int index, string hostName, string name, int pid)
    {
        // The move takes the addresses away.
        List<byte[]> addresses = here.GlobalAddresses(index);
        name = FreeName(there, name);
        Check(here.TryMove(index, pid, name), hostName, "cannot be moved into the container", "RTM_NEWLINK");
        int inside = there.Find(name); // the index may be taken there
        foreach (byte[] address in addresses)
        {
            Check(there.TryAddAddress(address, inside), hostName, "cannot have its address in the container", "RTM_NEWADDR");
        }

        Check(there.TrySetUp(inside), hostName, "cannot be set up in the container", "RTM_NEWLINK");
    }

    /// <summary>The number that the kernel would choose for %d: so we know what it is called.</summary>
    private static string FreeName(NetworkLinks there, string name)
    {
        if (!IsTemplate(name))
        {
            return name;
        }

        for (int i = 0; ; i++)
        {
            string candidate = name[..^2] + i.ToString(CultureInfo.InvariantCulture);
            if (there.Find(candidate) == 0)
            {
                return candidate;
            }
        }
    }

    private static bool IsTemplate(string name) => name.EndsWith("%d", StringComparison.Ordinal);

    private static string NameOf(string hostName, NetDevice device) => string.IsNullOrEmpty(device.Name) ? hostName : device.Name;

    private static void Check(Errno errno, string hostName, string what, string call)
    {
        string hint = errno switch
        {
            Errno.EPERM => "; it needs CAP_NET_ADMIN in both network namespaces",
            Errno.EINVAL => "; devices like lo or a bridge belong to their namespace for good",
            _ => "",
        };
        if (errno != Errno.None)
        {
            throw Failed(hostName, $"{what}: {call}: {ErrnoText.Describe(errno)}{hint}", call, errno);
        }
    }

    private static ContainerException Failed(string hostName, string message, string call, Errno errno)
    {
        string place = "/linux/netDevices/" + JsonPointer.Escape(hostName);
        return new ContainerException(ErrorCode.Network, $"{Quoting.Escape(place)}: {message}") { Place = place, Call = call, Errno = errno };
    }
}
