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
    internal sealed record Run(string Runtime, string Kernel, string Cgroups, IReadOnlyList<Result> Results);

    public void Begin(Runtime runtime, Host host, int count) => _run = new Run(runtime.Name, host.Kernel, host.Cgroups, []);

    public void Add(Result result)
    {
        // All at the end.
    }

    public void End(IReadOnlyList<Result> results) => output.WriteLine(JsonSerializer.Serialize(_run with { Results = results }, s_options));

    /// <summary>What a run has written.</summary>
    public static Run Read(string path) => JsonSerializer.Deserialize<Run>(File.ReadAllText(path), s_options) ?? throw new SuiteException($"{path} holds no results");
}
