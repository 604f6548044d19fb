using System.Text.Json;

namespace OciRun.Conformance.Reports;

/// <summary>Everything that is known of a run, in the form that the table is made of.</summary>
internal sealed class JsonReport(TextWriter output) : IReport
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter() },
    };

    private Run _run = new("", "", "", []);

    /// <summary>One runtime's results.</summary>
    /// <param name="Runtime">Name and version.</param>
    /// <param name="Kernel">"6.18".</param>
    /// <param name="Cgroups">"cgroup v2".</param>
    /// <param name="Results">In the order of the tests.</param>
    /// <param name="IsVirtual">In the lab, a virtual machine (spec-conformance/vm).</param>
    internal sealed record Run(string Runtime, string Kernel, string Cgroups, IReadOnlyList<Result> Results, bool IsVirtual = false)
    {
        /// <summary>The heading of its column.</summary>
        public string Title => IsVirtual ? Runtime + " in the lab" : Runtime;
    }

    public void Begin(Runtime runtime, Host host, int count) => _run = new Run(runtime.Name, host.Kernel, host.Cgroups, [], host.IsVirtual);

    public void Add(Result result)
    {
        // All at the end.
    }

    public void End(IReadOnlyList<Result> results) => output.WriteLine(JsonSerializer.Serialize(_run with { Results = results }, s_options));

    /// <summary>What a run has written.</summary>
    public static Run Read(string path) => JsonSerializer.Deserialize<Run>(File.ReadAllText(path), s_options) ?? throw new SuiteException($"{path} holds no results");
}
