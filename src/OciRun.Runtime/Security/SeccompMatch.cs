namespace OciRun.Runtime.Security;

/// <summary>Something that the profile may do with a call.</summary>
/// <param name="Action">SECCOMP_RET_* with its data.</param>
/// <param name="Reason">Why.</param>
/// <param name="IsCertain">It does not depend on arguments that are not known.</param>
/// <param name="Rule">Index of the entry of syscalls, for <see cref="SeccompReason.Rule"/>; else -1.</param>
/// <param name="Name">Index of the call in its names.</param>
internal sealed record SeccompMatch(uint Action, SeccompReason Reason, bool IsCertain, int Rule = -1, int Name = -1)
{
    /// <summary>JSON pointer of what says so.</summary>
    internal string Place => Reason switch
    {
        SeccompReason.Rule => $"/linux/seccomp/syscalls/{Rule}",
        SeccompReason.Architecture => "/linux/seccomp/architectures",
        SeccompReason.Unknown => "/linux/seccomp",
        _ => "/linux/seccomp/defaultAction",
    };
}
