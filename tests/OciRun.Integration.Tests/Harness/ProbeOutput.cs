using System.Text.Json;

namespace OciRun.Integration.Harness;

/// <summary>What tests/probe printed: lines "ACTION SUBJECT: ANSWER", and perhaps one report.</summary>
public sealed class ProbeOutput
{
    private readonly string _text;

    public ProbeOutput(string text) => _text = text;

    /// <summary>The answer to "ACTION SUBJECT", for example <c>["open /proc/kcore"]</c>; the test fails when there is none.</summary>
    public string this[string question]
    {
        get
        {
            foreach (string line in _text.Split('\n'))
            {
                if (line.StartsWith(question + ":", StringComparison.Ordinal))
                    return line[(question.Length + 1)..].Trim();
            }
            Assert.Fail($"the probe said nothing about \"{question}\", but:\n{_text}");
            return "";
        }
    }

    /// <summary>The content that `read PATH` printed.</summary>
    public string Content(string path) => JsonSerializer.Deserialize<string>(this["read " + path])!;

    /// <summary>The object that `report` printed.</summary>
    public ProbeReport Report
    {
        get
        {
            int start = _text.StartsWith('{') ? 0 : _text.IndexOf("\n{", StringComparison.Ordinal) + 1;
            int end = _text.IndexOf("\n}", StringComparison.Ordinal);
            if (start < 0 || end < start)
                Assert.Fail($"no report in what the probe said:\n{_text}");
            return new ProbeReport(JsonNode.Parse(_text[start..(end + 2)])!.AsObject());
        }
    }
}
