namespace OciRun.Build;

/// <summary>What is to be built, and how.</summary>
/// <param name="Name">Of the image.</param>
/// <param name="Context">Absolute path of the directory that COPY and ADD take files from.</param>
public sealed record BuildOptions(string Name, string Context)
{
    /// <summary>Absolute path of the Containerfile; null: Dockerfile of the context, else Containerfile.</summary>
    public string? File { get; init; }

    /// <summary>Values for ARG.</summary>
    public IReadOnlyDictionary<string, string> Arguments { get; init; } = new Dictionary<string, string>();

    /// <summary>Name or number of the stage to build; null: the last.</summary>
    public string? Target { get; init; }

    /// <summary>Every step is done anew.</summary>
    public bool NoCache { get; init; }

    /// <summary>Of RUN: none, host, or the absolute path of a network namespace.</summary>
    public string Network { get; init; } = "host";

    /// <summary>SOURCE_DATE_EPOCH: when the image is said to be made, and what no time in its new layers is later than, in seconds since 1970; null: now.</summary>
    public long? Epoch { get; init; }

    /// <summary>Gets a line for each step.</summary>
    public Action<string> Say { get; init; } = static _ => { };
}
