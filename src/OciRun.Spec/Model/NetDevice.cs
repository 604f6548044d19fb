namespace OciRun.Spec;

/// <summary>A value of linux.netDevices.</summary>
public sealed class NetDevice
{
    /// <summary>Name in the container.</summary>
    public string? Name { get; set; }
}
