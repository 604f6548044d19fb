namespace OciRun.Cgroups;

/// <summary>One value for one cgroup file: what a field of config.json becomes.</summary>
/// <param name="Controller">Whose file it is; the file is in the container's directory of that controller.</param>
/// <param name="File">Name of the file.</param>
/// <param name="Value">The text that is written.</param>
/// <param name="Place">JSON pointer to the field.</param>
public sealed record CgroupWrite(string Controller, string File, string Value, string Place)
{
    /// <summary>Written instead when the file does not exist (an I/O scheduler that is not there, an older kernel).</summary>
    public CgroupWrite? Fallback { get; init; }

    /// <summary>Nothing is lost when the file does not exist: the value says "no limit", or another write says it too.</summary>
    public bool Optional { get; init; }

    /// <summary>With <see cref="Optional"/>: what the container does without when the file does not exist; null: nothing.</summary>
    public string? Lost { get; init; }

    /// <summary>The kernel may refuse it (EINVAL) beside a value that a later write changes: then it is written once more after the others.</summary>
    public bool Retry { get; init; }

    /// <summary>The value has several lines, and the kernel takes one a write.</summary>
    public bool ByLine { get; init; }
}
