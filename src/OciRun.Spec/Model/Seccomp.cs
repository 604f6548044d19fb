namespace OciRun.Spec;

/// <summary>linux.seccomp.</summary>
public sealed class Seccomp
{
    /// <summary>SCMP_ACT_*.</summary>
    public string? DefaultAction { get; set; }

    /// <summary>errno of the default action.</summary>
    public uint? DefaultErrnoRet { get; set; }

    /// <summary>SCMP_ARCH_*.</summary>
    public string[]? Architectures { get; set; }

    /// <summary>SECCOMP_FILTER_FLAG_*.</summary>
    public string[]? Flags { get; set; }

    /// <summary>AF_UNIX socket of the notification agent.</summary>
    public string? ListenerPath { get; set; }

    /// <summary>Text for the agent.</summary>
    public string? ListenerMetadata { get; set; }

    /// <summary>Rules.</summary>
    public SeccompRule[]? Syscalls { get; set; }
}
