namespace OciRun.Runtime;

/// <summary>What every verb knows: the options before the verb.</summary>
/// <param name="Root">Absolute path of the directory that holds one directory a container.</param>
/// <param name="CgroupDriver">Who makes the cgroups.</param>
/// <param name="Diagnostics">Where warnings and debug lines go.</param>
public sealed record RuntimeOptions(string Root, CgroupDriver CgroupDriver, Diagnostics Diagnostics);

/// <summary>Who makes the cgroups (--cgroup-manager, --systemd-cgroup).</summary>
public enum CgroupDriver
{
    /// <summary>We do, with mkdir(2).</summary>
    Cgroupfs,

    /// <summary>systemd does, asked over D-Bus.</summary>
    Systemd,

    /// <summary>Nobody: the container stays in the caller's cgroup.</summary>
    Disabled,
}
