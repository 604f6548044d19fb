namespace OciRun.Runtime.Tracing;

/// <summary>What has taken time.</summary>
/// <param name="Name">What it was, in a few words.</param>
/// <param name="Thread">The process that did it.</param>
/// <param name="Begin">Nanoseconds since the epoch.</param>
internal sealed record TraceEvent(string Name, int Thread, long Begin)
{
    /// <summary>Nanoseconds since the epoch; 0: it has not ended.</summary>
    internal long End { get; set; }

    /// <summary>It has ended.</summary>
    internal void Finish() => End = Tracer.Now();

    /// <summary>JSON pointer of what asked for it; null: nothing in config.json did.</summary>
    internal string? Place { get; init; }

    /// <summary>More about it; null: nothing.</summary>
    internal string? Detail { get; init; }

    /// <summary>The id that others know it by; null: nobody does.</summary>
    internal string? SpanId { get; init; }
}
