namespace OciRun.Cgroups;

/// <summary>A line of pressure stall information (Documentation/accounting/psi.rst).</summary>
/// <param name="Kind"><c>some</c>: at least one task waited; <c>full</c>: all of them.</param>
/// <param name="Average10">Per cent of the last 10 s.</param>
/// <param name="Average60">Of the last 60 s.</param>
/// <param name="Average300">Of the last 300 s.</param>
/// <param name="Total">µs.</param>
public readonly record struct Pressure(string Kind, double Average10, double Average60, double Average300, ulong Total);
