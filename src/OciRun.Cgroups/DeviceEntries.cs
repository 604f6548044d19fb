using System.Globalization;
using OciRun.Spec;

namespace OciRun.Cgroups;

/// <summary>The device rules that hold for a container: those of its config in their order, and behind them the ones that every container has.</summary>
internal static class DeviceEntries
{
    private const string Place = "/linux/resources/devices";

    /// <summary>
    /// runc appends these and callers rely on them (podman sends one deny-all rule and expects terminals to work): every mknod, the standard nodes, the
    /// container's terminals, and the tunnel device.
    /// </summary>
    private static readonly DeviceEntry[] s_implicit =
    [
        new(true, DeviceKinds.Character, -1, -1, DeviceAccess.Mknod, Place),
        new(true, DeviceKinds.Block, -1, -1, DeviceAccess.Mknod, Place),
        new(true, DeviceKinds.Character, 1, 3, DeviceAccess.All, Place), // null
        new(true, DeviceKinds.Character, 1, 8, DeviceAccess.All, Place), // random
        new(true, DeviceKinds.Character, 1, 7, DeviceAccess.All, Place), // full
        new(true, DeviceKinds.Character, 5, 0, DeviceAccess.All, Place), // tty
        new(true, DeviceKinds.Character, 1, 5, DeviceAccess.All, Place), // zero
        new(true, DeviceKinds.Character, 1, 9, DeviceAccess.All, Place), // urandom
        new(true, DeviceKinds.Character, 136, -1, DeviceAccess.All, Place), // pts/*
        new(true, DeviceKinds.Character, 5, 2, DeviceAccess.All, Place), // ptmx
        new(true, DeviceKinds.Character, 10, 200, DeviceAccess.All, Place), // net/tun
    ];

    /// <summary>Fills in defaults (type a, every number, access rwm) and appends the implicit rules. What no rule speaks of is denied.</summary>
    /// <exception cref="CgroupException">A rule has a type, an access or a number that there is none of.</exception>
    internal static List<DeviceEntry> From(DeviceRule[]? rules)
    {
        var entries = new List<DeviceEntry>((rules?.Length ?? 0) + s_implicit.Length);
        for (var i = 0; i < (rules?.Length ?? 0); i++)
        {
            var rule = rules![i];
            var place = string.Create(CultureInfo.InvariantCulture, $"{Place}/{i}");
            entries.Add(new DeviceEntry(rule.Allow, Kinds(rule.Type, place), Number(rule.Major, place), Number(rule.Minor, place), Access(rule.Access, place), place));
        }
        entries.AddRange(s_implicit);
        return entries;
    }

    /// <summary>No device is denied to anyone: then v2 needs no program at all.</summary>
    internal static bool AllowEverything(List<DeviceEntry> entries)
    {
        for (var i = entries.Count - 1; i >= 0; i--)
        {
            if (!entries[i].Allow)
            {
                return false;
            }
            if (entries[i].IsEverything)
            {
                return true;
            }
        }
        return false;
    }

    private static DeviceKinds Kinds(string? type, string place) => type switch
    {
        null or "" or "a" => DeviceKinds.All,
        "b" => DeviceKinds.Block,
        "c" or "u" => DeviceKinds.Character,
        _ => throw new CgroupException($"device rule: type {type} is none of a, b, c", place + "/type"),
    };

    // -1 is how callers written for runc's own structures say "every one".
    private static long Number(long? number, string place) => number switch
    {
        null or -1 => -1,
        >= 0 and <= uint.MaxValue => number.Value,
        _ => throw new CgroupException(string.Create(CultureInfo.InvariantCulture, $"device rule: {number} is no device number"), place),
    };

    private static DeviceAccess Access(string? access, string place)
    {
        if (string.IsNullOrEmpty(access))
        {
            return DeviceAccess.All;
        }
        var result = DeviceAccess.None;
        foreach (var letter in access)
        {
            result |= letter switch
            {
                'r' => DeviceAccess.Read,
                'w' => DeviceAccess.Write,
                'm' => DeviceAccess.Mknod,
                _ => throw new CgroupException($"device rule: access {access} has other letters than r, w, m", place + "/access"),
            };
        }
        return result;
    }
}
