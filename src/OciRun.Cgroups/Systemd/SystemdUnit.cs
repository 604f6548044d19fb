using OciRun.Linux;
using OciRun.Spec;

namespace OciRun.Cgroups.Systemd;

/// <summary>
/// The scope that systemd makes for a container. Nothing is asked of systemd before it has to be: who only looks at the cgroup, or moves into it, does not connect.
/// </summary>
internal sealed class SystemdUnit(string name, bool user) : IDisposable
{
    private const string SubgroupAnnotation = "run.oci.systemd.subgroup";

    /// <summary>systemd may be busy: with thousands of units each of its steps takes a while. As runc waits.</summary>
    private const int Patience = 30_000;

    private SystemdManager? _manager;
    private List<UnitProperty>? _properties;

    /// <summary><c>libpod-1234.scope</c>.</summary>
    internal string Name => name;

    /// <summary>It is planned, and systemd has not been asked for it.</summary>
    internal bool IsPlanned => _properties is not null;

    /// <summary>A cgroup inside that of the unit where the container is (an annotation of crun); empty: none.</summary>
    internal string Subgroup { get; private init; } = "";

    /// <summary>Below the root of the cgroups: where the container is going to be.</summary>
    internal string Path { get; private init; } = "";

    /// <summary>Decides on name and properties; makes nothing. For a user systemd is asked where its cgroups begin.</summary>
    /// <exception cref="CgroupException">A name or a property is none; there is no systemd.</exception>
    internal static SystemdUnit Plan(CgroupHost host, SystemdRequest request)
    {
        if (request.User && host.Mode != CgroupMode.V2)
        {
            throw new CgroupException("systemd cannot give cgroups of v1 to an ordinary user: use --cgroup-manager=cgroupfs, or boot with cgroup v2 (systemd.unified_cgroup_hierarchy=1)");
        }
        var where = UnitName.From(request.CgroupsPath, request.Id, request.User);
        var subgroup = request.Annotations?.GetValueOrDefault(SubgroupAnnotation) ?? "";
        if (subgroup is "." or ".." || subgroup.AsSpan().IndexOfAny("/\n\0") >= 0)
        {
            throw new CgroupException($"\"{Quoting.Escape(subgroup)}\" is no name of a cgroup", "/annotations/" + SubgroupAnnotation);
        }
        List<UnitProperty> properties =
        [
            .. UnitProperties.OfScope(request.Id, where.Slice, host.Mode),
            .. UnitProperties.OfLimits(request.Resources, host.Mode),
            // A user's systemd may not load device rules: it would only warn.
            .. request.User ? [] : DeviceProperties.From(request.Resources?.Devices),
            .. UnitProperties.OfAnnotations(request.Annotations),
        ];
        var manager = request.User ? Connect(true) : null;
        try
        {
            var path = manager?.ControlGroup() + where.Path;
            return new SystemdUnit(where.Unit, request.User) { _properties = properties, _manager = manager, Path = subgroup.Length == 0 ? path : path + "/" + subgroup, Subgroup = subgroup };
        }
        catch
        {
            manager?.Dispose();
            throw;
        }
    }

    /// <summary>Lets systemd make it around a process.</summary>
    internal void Start(int pid)
    {
        List<UnitProperty> properties = [.. _properties!, new("PIDs", BusValue.Array("u", [BusValue.Number('u', (uint)pid)]))];
        var job = Manager.Start(name, properties);
        _properties = null; // from here on it is ours, and is stopped when something fails
        Manager.AwaitStarted(name, job);
    }

    /// <summary>Ends it.</summary>
    /// <returns>Null; or why systemd could not be asked, one line: with its processes gone, the unit ends by itself.</returns>
    internal string? TryStop()
    {
        try
        {
            Manager.Stop(name);
            return null;
        }
        catch (CgroupException e)
        {
            return e.Message;
        }
    }

    /// <summary>Tells systemd of changed limits; those that are not limited any more, too.</summary>
    internal void Change(Resources? before, Resources? after, CgroupMode mode)
    {
        var old = UnitProperties.OfLimits(before, mode);
        var properties = UnitProperties.OfLimits(after, mode);
        foreach (var property in old)
        {
            if (!properties.Exists(other => other.Name == property.Name))
            {
                properties.Add(UnitProperties.Default(property));
            }
        }
        Manager.SetProperties(name, properties.FindAll(property => !old.Exists(other => other.Name == property.Name && other.Value.Matches(property.Value))));
    }

    /// <summary>Lets systemd move a process in.</summary>
    internal void Attach(int pid, string below) => Manager.Attach(name, below, pid);

    /// <inheritdoc/>
    public void Dispose()
    {
        _manager?.Dispose();
        _manager = null;
    }

    private SystemdManager Manager => _manager ??= Connect(user);

    private static SystemdManager Connect(bool user)
    {
        if (!user)
        {
            return SystemdManager.Connect(BusAddress.OfSystem, Patience);
        }
        var addresses = BusAddress.OfUser(Environment.GetEnvironmentVariable, Processes.HostUid);
        if (Processes.EffectiveUid == 0)
        {
            // Root of a user namespace: that of a container with a systemd of its own may ask it; rootless podman may not ask the host's, and goes on to the user's.
            addresses.Insert(0, BusAddress.OfSystem[0]);
        }
        return SystemdManager.Connect(addresses, Patience);
    }
}
