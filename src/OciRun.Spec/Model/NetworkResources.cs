namespace OciRun.Spec;

/// <summary>linux.resources.network (v1).</summary>
public sealed class NetworkResources
{
    /// <summary>net_cls.classid.</summary>
    public uint? ClassID { get; set; }

    /// <summary>net_prio.ifpriomap.</summary>
    public InterfacePriority[]? Priorities { get; set; }
}
