namespace OciRun.Spec;

/// <summary>process.execCPUAffinity.</summary>
public sealed class ExecCpuAffinity
{
    /// <summary>CPU list before entering the cgroup.</summary>
    public string? Initial { get; set; }

    /// <summary>CPU list after.</summary>
    public string? Final { get; set; }
}
