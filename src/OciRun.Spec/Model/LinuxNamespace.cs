namespace OciRun.Spec;

/// <summary>An entry of linux.namespaces.</summary>
public sealed class LinuxNamespace
{
    /// <summary>pid, network, mount, ipc, uts, user, cgroup or time.</summary>
    public string? Type { get; set; }

    /// <summary>Namespace to join; absent: a new one.</summary>
    public string? Path { get; set; }
}
