using OciRun.Runtime;

namespace OciRun.Cli;

/// <summary>The values of the options before the verb.</summary>
internal sealed record GlobalSettings
{
    /// <summary>Absolute; null: the default.</summary>
    internal string? Root { get; init; }

    /// <summary>The image store; null: the default.</summary>
    internal string? Store { get; init; }

    /// <summary>The log file; null: there is none.</summary>
    internal string? Log { get; init; }

    /// <summary>The log, or without one standard error, gets JSON.</summary>
    internal bool JsonLog { get; init; }

    /// <summary>Warnings are wanted.</summary>
    internal bool LogWarnings { get; init; } = true;

    /// <summary>Warnings and fallbacks are errors.</summary>
    internal bool Strict { get; init; }

    /// <summary>Debug lines are wanted.</summary>
    internal bool Debug { get; init; }

    /// <summary>File for debug lines; null: standard error, and nowhere when there is a log file.</summary>
    internal string? DebugLog { get; init; }

    /// <summary>File for the times of all steps, or a directory for one; null: nobody asks.</summary>
    internal string? Trace { get; init; }

    /// <summary>Who makes the cgroups.</summary>
    internal CgroupDriver CgroupDriver { get; init; }
}
