using OciRun.Spec;

namespace OciRun.Cgroups.Systemd;

/// <summary>What a container wants of systemd.</summary>
/// <param name="Id">Of the container.</param>
/// <param name="CgroupsPath">linux.cgroupsPath, as <c>slice:prefix:name</c>; null or empty: the default slice, and a name of the id.</param>
/// <param name="Resources">linux.resources: the limits and device rules.</param>
/// <param name="Annotations">Those of the config: some are properties of the unit.</param>
/// <param name="User">The systemd of the user, instead of the system's.</param>
public sealed record SystemdRequest(string Id, string? CgroupsPath, Resources? Resources, IReadOnlyDictionary<string, string>? Annotations, bool User);
