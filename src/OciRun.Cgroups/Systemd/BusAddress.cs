using System.Globalization;

namespace OciRun.Cgroups.Systemd;

/// <summary>A socket behind which a systemd may be asked.</summary>
/// <param name="Path">Absolute path.</param>
/// <param name="IsBus">A message bus, where one says Hello first and asks for signals; else systemd itself.</param>
internal sealed record BusAddress(string Path, bool IsBus)
{
    /// <summary>systemd's own socket of root: no bus daemon has to run, and none is loaded.</summary>
    internal static List<BusAddress> OfSystem { get; } = [new("/run/systemd/private", false), new("/run/dbus/system_bus_socket", true)];

    /// <summary>
    /// Of a user, from the environment. DBUS_SESSION_BUS_ADDRESS is mostly missing where engines call (C60): the sockets have fixed names in the runtime directory, and that has one
    /// in /run/user.
    /// </summary>
    /// <param name="environment">A variable by its name; null without one.</param>
    /// <param name="uid">Of the user on the host.</param>
    internal static List<BusAddress> OfUser(Func<string, string?> environment, uint uid)
    {
        var directory = environment("XDG_RUNTIME_DIR");
        if (string.IsNullOrEmpty(directory) || directory[0] != '/')
        {
            directory = string.Create(CultureInfo.InvariantCulture, $"/run/user/{uid}");
        }
        List<BusAddress> addresses = [new(directory + "/systemd/private", false)];
        if (FromText(environment("DBUS_SESSION_BUS_ADDRESS")) is { } named)
        {
            addresses.Add(new(named, true));
        }
        if (!addresses.Exists(address => address.Path == directory + "/bus"))
        {
            addresses.Add(new(directory + "/bus", true));
        }
        return addresses;
    }

    /// <summary>The path of the first Unix socket in an address list (<c>unix:path=/run/user/1000/bus,guid=...;...</c>); null: none.</summary>
    private static string? FromText(string? text)
    {
        foreach (var address in (text ?? "").Split(';'))
        {
            const string Prefix = "unix:";
            foreach (var pair in address.StartsWith(Prefix, StringComparison.Ordinal) ? address[Prefix.Length..].Split(',') : [])
            {
                // A name with characters that need escapes (%20) is nobody's runtime directory.
                if (pair.StartsWith("path=/", StringComparison.Ordinal) && !pair.Contains('%', StringComparison.Ordinal))
                {
                    return pair["path=".Length..];
                }
            }
        }
        return null;
    }
}
