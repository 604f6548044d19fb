namespace OciRun.Spec;

/// <summary>An entry of linux.seccomp.syscalls.</summary>
public sealed class SeccompRule
{
    /// <summary>System calls.</summary>
    public string[]? Names { get; set; }

    /// <summary>SCMP_ACT_*.</summary>
    public string? Action { get; set; }

    /// <summary>errno of the action.</summary>
    public uint? ErrnoRet { get; set; }

    /// <summary>Conditions, all of which must hold.</summary>
    public SeccompArgument[]? Args { get; set; }
}
