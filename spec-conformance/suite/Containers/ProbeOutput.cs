using System.Text.Json;

namespace OciRun.Conformance.Containers;

/// <summary>What tests/probe printed inside a container: lines "ACTION SUBJECT: ANSWER", and perhaps one report.</summary>
internal sealed class ProbeOutput(string text)
{
    /// <summary>The answer to "ACTION SUBJECT", for example <c>["open /proc/kcore"]</c>: "ok", a value, or the name of an errno.</summary>
    public string this[string question] =>
        text.Split('\n').FirstOrDefault(l => l.StartsWith(question + ":", StringComparison.Ordinal)) is { } line
            ? line[(question.Length + 1)..].Trim()
            : throw new ClauseViolatedException($"the program in the container said nothing about \"{question}\"");

    /// <summary>The content that `read PATH` printed.</summary>
    public string Content(string path) => JsonSerializer.Deserialize<string>(this["read " + path])!;

    /// <summary>What `report` printed.</summary>
    public ProbeReport Report
    {
        get
        {
            int start = text.StartsWith('{') ? 0 : text.IndexOf("\n{", StringComparison.Ordinal) + 1;
            int end = text.IndexOf("\n}", StringComparison.Ordinal);
            Check.That(start >= 0 && end > start, "the program in the container made no report");
            return new ProbeReport(JsonNode.Parse(text[start..(end + 2)])!.AsObject());
        }
    }
}
