using System.Globalization;
using OciRun.Spec;

namespace OciRun.Cgroups.Systemd;

/// <summary>
/// Device rules as systemd has them: a list of what is allowed, and nothing else. It gets every allowed device, and of exceptions from those nothing: our own rules in the kernel are
/// exact, systemd's come on top, and must not take away from them when it reloads its units. Pure.
/// </summary>
internal static class DeviceProperties
{
    /// <param name="rules">linux.resources.devices.</param>
    /// <exception cref="CgroupException">A rule is wrong.</exception>
    internal static List<UnitProperty> From(DeviceRule[]? rules)
    {
        var entries = DeviceEntries.From(rules);
        var allowed = new List<BusValue>();
        for (var i = entries.Count - 1; i >= 0; i--)
        {
            var entry = entries[i];
            if (entry is { IsEverything: true, Allow: true })
            {
                return [new("DevicePolicy", BusValue.Of("auto"))];
            }
            if (entry.IsEverything)
            {
                break; // what came before is denied
            }
            if (entry.Allow)
            {
                Add(allowed, entry, DeviceKinds.Character, "char");
                Add(allowed, entry, DeviceKinds.Block, "block");
            }
        }
        allowed.Reverse();
        return [new("DevicePolicy", BusValue.Of("strict")), new("DeviceAllow", BusValue.Array("(ss)", allowed))];
    }

    private static void Add(List<BusValue> list, in DeviceEntry entry, DeviceKinds kind, string word)
    {
        if ((entry.Kinds & kind) == 0)
        {
            return;
        }
        // systemd has no word for "minor 3 of every major": all of the kind, then.
        var device = entry.Major < 0 ? word + "-*"
            : entry.Minor < 0 ? string.Create(CultureInfo.InvariantCulture, $"{word}-{entry.Major}")
            : string.Create(CultureInfo.InvariantCulture, $"/dev/{word}/{entry.Major}:{entry.Minor}");
        list.Add(BusValue.Struct(BusValue.Of(device), BusValue.Of(entry.AccessText)));
    }
}
