using System.Text.Json;
using System.Text.Json.Nodes;

namespace OciRun.Bench;

/// <summary>The figures for programs: docs/benchmarks.json.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions s_options = new() { WriteIndented = true };

    public static string Write(Results results)
    {
        var contenders = new JsonArray();
        foreach (var contender in results.Contenders)
        {
            var phases = new JsonObject();
            foreach (var phase in Enum.GetValues<Phase>())
            {
                if (results.Find(contender.Key, phase) is { } series)
                    phases[JsonNamingPolicy.CamelCase.ConvertName(phase.ToString())] = Describe(series);
            }
            contenders.Add(new JsonObject { ["key"] = contender.Key, ["name"] = contender.Name, ["executableBytes"] = contender.Size, ["phases"] = phases });
        }
        var targets = new JsonArray([.. Target.All(results).Select(t => (JsonNode)new JsonObject
        {
            ["what"] = t.What, ["value"] = Math.Round(t.Value, 4), ["limit"] = t.Limit, ["unit"] = t.Unit, ["reached"] = t.Reached,
        })]);
        var document = new JsonObject
        {
            ["kernel"] = File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
            ["processors"] = Environment.ProcessorCount,
            ["rounds"] = results.Rounds,
            ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture),
            ["contenders"] = contenders,
            ["targets"] = targets,
            ["remarks"] = new JsonArray([.. results.Remarks.Select(r => (JsonNode)r)]),
        };
        return document.ToJsonString(s_options) + "\n";
    }

    private static JsonObject Describe(Series series) => new()
    {
        ["samples"] = series.Count,
        ["minimumMs"] = Math.Round(series.Minimum, 3),
        ["medianMs"] = Math.Round(series.Median, 3),
        ["peakKib"] = series.PeakKib,
    };
}
