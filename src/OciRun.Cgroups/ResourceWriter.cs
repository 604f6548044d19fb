using System.Globalization;

namespace OciRun.Cgroups;

/// <summary>Collects writes, and refuses those whose controller the machine does not have.</summary>
internal sealed class ResourceWriter(CgroupMode mode, IReadOnlyCollection<string>? available)
{
    private readonly List<CgroupWrite> _writes = [];
    private readonly List<string> _warnings = [];

    internal static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    internal static string Text(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Unlimited has a word on v2.</summary>
    internal static string Limit(long number) => number < 0 ? "max" : Text(number);

    internal static CgroupException Impossible(string field, string why) => new(why, ResourceWrites.Root + field);

    internal void Add(string controller, string file, string value, string field) => Add(new CgroupWrite(controller, file, value, ResourceWrites.Root + field));

    internal void Add(CgroupWrite write)
    {
        Need(write.Controller, write.Place);
        _writes.Add(write);
    }

    internal void Need(string controller, string place)
    {
        if (available is null || controller == "cgroup" || available.Contains(controller))
        {
            return;
        }
        throw new CgroupException(
            mode == CgroupMode.V2
                ? $"the {controller} controller is not available in the container's cgroup, so this limit cannot be set: it must be in cgroup.controllers of the root cgroup and in cgroup.subtree_control of every cgroup on the way (a user has what Delegate= of user@.service names)"
                : $"the {controller} controller has no mounted cgroup v1 hierarchy that the container is in, so this limit cannot be set",
            place);
    }

    internal void Warn(string message) => _warnings.Add(message);

    internal ResourceWriteList ToList() => _writes.Count == 0 && _warnings.Count == 0 ? ResourceWriteList.Empty : new ResourceWriteList(_writes, _warnings);
}
