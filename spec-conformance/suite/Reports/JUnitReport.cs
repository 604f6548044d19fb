using System.Globalization;
using System.Xml;

namespace OciRun.Conformance.Reports;

/// <summary>The XML that CI services read. What differs without being a failure passes, and says so on its output.</summary>
internal sealed class JUnitReport(TextWriter output) : IReport
{
    private string _runtime = "";

    public void Begin(Runtime runtime, Host host, int count) => _runtime = runtime.Name;

    public void Add(Result result)
    {
        // The totals stand before the tests: written at the end.
    }

    public void End(IReadOnlyList<Result> results)
    {
        using var xml = XmlWriter.Create(output, new XmlWriterSettings { Indent = true, CheckCharacters = false });
        xml.WriteStartElement("testsuite");
        Attributes(xml, ("name", "OCI runtime specification: " + _runtime), ("tests", Number(results.Count)), ("failures", Number(results.Count(r => r.Outcome == Outcome.Fail))),
            ("skipped", Number(results.Count(r => r.Outcome == Outcome.Skip))), ("time", Seconds(results.Sum(r => r.Seconds))));
        foreach (var result in results)
            Write(xml, result);
        xml.WriteEndElement();
        xml.Flush();
        output.WriteLine();
    }

    private static void Write(XmlWriter xml, Result result)
    {
        xml.WriteStartElement("testcase");
        Attributes(xml, ("classname", result.Clauses.FirstOrDefault() ?? "programs"), ("name", result.Test), ("time", Seconds(result.Seconds)));
        if (result.Outcome is Outcome.Fail or Outcome.Skip)
        {
            xml.WriteStartElement(result.Outcome == Outcome.Fail ? "failure" : "skipped");
            Attributes(xml, ("message", Printable(result.Text)));
            if (result.Outcome == Outcome.Fail)
                xml.WriteString(Printable($"config: {result.Config}\n{string.Join('\n', result.Transcript)}"));
            xml.WriteEndElement();
        }
        if (result.Outcome == Outcome.Differ)
            xml.WriteElementString("system-out", Printable("differs, as it may: " + result.Text));
        xml.WriteEndElement();
    }

    private static void Attributes(XmlWriter xml, params (string Name, string Value)[] attributes)
    {
        foreach (var (name, value) in attributes)
            xml.WriteAttributeString(name, value);
    }

    // XML 1.0 has no form for most control characters, which a runtime may print.
    private static string Printable(string text) => string.Concat(text.Select(c => XmlConvert.IsXmlChar(c) ? c : '?'));

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Seconds(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
