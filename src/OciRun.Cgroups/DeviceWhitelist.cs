using System.Globalization;

namespace OciRun.Cgroups;

/// <summary>
/// What the devices controller of v1 keeps: one answer for all devices, and exceptions from it. Ordered rules are played into that form; rules that have none
/// (an exception from an exception) are refused, since the kernel would take them silently and do something else.
/// </summary>
internal sealed class DeviceWhitelist
{
    private readonly List<DeviceEntry> _exceptions = [];

    /// <summary>The answer for devices that no exception names. A new container starts with false: unlisted devices are denied.</summary>
    internal bool AllowByDefault { get; private set; }

    /// <summary>The exceptions, in the order of their making.</summary>
    internal IReadOnlyList<DeviceEntry> Exceptions => _exceptions;

    /// <summary>Plays ordered rules, starting from "deny everything".</summary>
    /// <exception cref="CgroupException">v1 cannot express them.</exception>
    internal static DeviceWhitelist From(List<DeviceEntry> entries)
    {
        var list = new DeviceWhitelist();
        foreach (var entry in entries)
        {
            list.Apply(entry);
        }
        return list;
    }

    /// <summary>Reads devices.list. (While the default is "allow" the kernel does not tell the exceptions.)</summary>
    internal static DeviceWhitelist Parse(string text)
    {
        var list = new DeviceWhitelist();
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var words = line.ToString().Split(' ', ':');
            if (words.Length != 4)
            {
                continue;
            }
            var access = DeviceAccess.None;
            foreach (var letter in words[3])
            {
                access |= letter switch { 'r' => DeviceAccess.Read, 'w' => DeviceAccess.Write, _ => DeviceAccess.Mknod };
            }
            var kinds = words[0] switch { "a" => DeviceKinds.All, "b" => DeviceKinds.Block, _ => DeviceKinds.Character };
            list.Apply(new DeviceEntry(true, kinds, Number(words[1]), Number(words[2]), access, ""));
        }
        return list;
    }

    /// <summary>The lines for devices.allow (true) and devices.deny (false) that lead from one state to another; with no state known, from any.</summary>
    internal static List<DeviceEntry> Transition(DeviceWhitelist? current, DeviceWhitelist target)
    {
        var steps = new List<DeviceEntry>();
        if (current is null || current.AllowByDefault || target.AllowByDefault)
        {
            steps.Add(new DeviceEntry(target.AllowByDefault, DeviceKinds.All, -1, -1, DeviceAccess.All, ""));
            current = new DeviceWhitelist();
        }
        foreach (var old in current._exceptions)
        {
            var lost = old.Access & ~target.AccessOf(old);
            if (lost != DeviceAccess.None)
            {
                steps.Add(old with { Allow = target.AllowByDefault, Access = lost });
            }
        }
        foreach (var wanted in target._exceptions)
        {
            var missing = wanted.Access & ~current.AccessOf(wanted);
            if (missing != DeviceAccess.None)
            {
                steps.Add(wanted with { Access = missing });
            }
        }
        return steps;
    }

    private void Apply(in DeviceEntry entry)
    {
        if (entry.IsEverything)
        {
            AllowByDefault = entry.Allow;
            _exceptions.Clear();
            return;
        }
        if (entry.Kinds == DeviceKinds.All)
        {
            Apply(entry with { Kinds = DeviceKinds.Block });
            Apply(entry with { Kinds = DeviceKinds.Character });
            return;
        }
        if (entry.Allow == AllowByDefault)
        {
            Remove(entry);
        }
        else
        {
            Add(entry);
        }
    }

    private void Add(in DeviceEntry entry)
    {
        var index = IndexOf(entry);
        if (index >= 0)
        {
            _exceptions[index] = _exceptions[index] with { Access = _exceptions[index].Access | entry.Access };
        }
        else
        {
            _exceptions.Add(entry);
        }
    }

    private void Remove(in DeviceEntry entry)
    {
        for (var i = _exceptions.Count - 1; i >= 0; i--)
        {
            var exception = _exceptions[i];
            if ((exception.Access & entry.Access) == 0 || !exception.Meets(entry))
            {
                continue;
            }
            if (!entry.Covers(exception))
            {
                throw new CgroupException(
                    $"device rule \"{(entry.Allow ? "allow" : "deny")} {entry}\" takes a part out of \"{exception}\", which cgroup v1 cannot express: name the devices one by one",
                    entry.Place);
            }
            var left = exception.Access & ~entry.Access;
            if (left == DeviceAccess.None)
            {
                _exceptions.RemoveAt(i);
            }
            else
            {
                _exceptions[i] = exception with { Access = left };
            }
        }
    }

    private DeviceAccess AccessOf(in DeviceEntry entry)
    {
        var index = IndexOf(entry);
        return index < 0 ? DeviceAccess.None : _exceptions[index].Access;
    }

    private int IndexOf(in DeviceEntry entry)
    {
        for (var i = 0; i < _exceptions.Count; i++)
        {
            if (_exceptions[i].Kinds == entry.Kinds && _exceptions[i].Major == entry.Major && _exceptions[i].Minor == entry.Minor)
            {
                return i;
            }
        }
        return -1;
    }

    private static long Number(string word) => word == "*" ? -1 : long.Parse(word, CultureInfo.InvariantCulture);
}
