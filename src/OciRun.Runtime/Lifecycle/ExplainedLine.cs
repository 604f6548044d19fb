namespace OciRun.Runtime.Lifecycle;

/// <summary>One thing that create would do.</summary>
/// <param name="Section">Of what kind it is: <c>namespaces</c>, <c>steps</c>, <c>cgroup</c>, …</param>
/// <param name="Text">One line.</param>
/// <param name="Place">JSON pointer of what asks for it; null: nothing in config.json does.</param>
public sealed record ExplainedLine(string Section, string Text, string? Place)
{
    /// <summary>In a comparison of two bundles: only the second has it (<c>+</c>), or only the first (<c>-</c>).</summary>
    public char Change { get; init; }
}
