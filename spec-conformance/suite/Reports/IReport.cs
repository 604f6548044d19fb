namespace OciRun.Conformance.Reports;

/// <summary>A form of output: tap, junit, json.</summary>
internal interface IReport
{
    /// <summary>Before the first test.</summary>
    void Begin(Runtime runtime, Host host, int count);

    /// <summary>A test has ended.</summary>
    void Add(Result result);

    /// <summary>After the last one.</summary>
    void End(IReadOnlyList<Result> results);
}
