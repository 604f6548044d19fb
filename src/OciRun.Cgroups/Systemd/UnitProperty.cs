namespace OciRun.Cgroups.Systemd;

/// <summary>A property of a unit as StartTransientUnit and SetUnitProperties take it (org.freedesktop.systemd1(5)).</summary>
/// <param name="Name">As systemd has it on the bus: <c>MemoryMax</c>, <c>TimeoutStopUSec</c>.</param>
/// <param name="Value">With the type that systemd expects.</param>
/// <param name="Place">Where it stands in config.json; null: it is ours, and a systemd that does not know it does without.</param>
internal sealed record UnitProperty(string Name, BusValue Value, string? Place = null);
