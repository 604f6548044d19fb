namespace OciRun.Spec;

/// <summary>hooks (config.md, POSIX-platform Hooks).</summary>
public sealed class Hooks
{
    /// <summary>Deprecated; before createRuntime.</summary>
    public Hook[]? Prestart { get; set; }

    /// <summary>Runtime namespace, before pivot_root.</summary>
    public Hook[]? CreateRuntime { get; set; }

    /// <summary>Container namespace, before pivot_root.</summary>
    public Hook[]? CreateContainer { get; set; }

    /// <summary>Container namespace, before the program.</summary>
    public Hook[]? StartContainer { get; set; }

    /// <summary>Runtime namespace, after the program started.</summary>
    public Hook[]? Poststart { get; set; }

    /// <summary>Runtime namespace, after the container was deleted.</summary>
    public Hook[]? Poststop { get; set; }
}
