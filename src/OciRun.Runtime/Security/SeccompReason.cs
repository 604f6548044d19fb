namespace OciRun.Runtime.Security;

/// <summary>Why a filter does what it does with a call.</summary>
public enum SeccompReason
{
    /// <summary>A rule of syscalls names it.</summary>
    Rule,

    /// <summary>No rule applies: defaultAction.</summary>
    Default,

    /// <summary>Its number is higher than that of every call that the profile names, and the default would deny it: ENOSYS, as on an older kernel.</summary>
    Newer,

    /// <summary>The profile does not have its architecture: the thread ends, as libseccomp has it.</summary>
    Architecture,

    /// <summary>The compiled filter does it, and nothing in the profile says so: a fault of ours or of libseccomp.</summary>
    Unknown,
}
