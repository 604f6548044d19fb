using System.Globalization;
using System.Text;
using OciRun.Spec;

namespace OciRun.Cli;

/// <summary>Findings as validate prints them.</summary>
internal static class FindingText
{
    /// <summary>One finding a line, the place in the file first, as compilers have it.</summary>
    internal static ReadOnlySpan<byte> Table(IReadOnlyList<Finding> findings)
    {
        var text = new StringBuilder();
        foreach (var finding in findings)
        {
            text.Append(CultureInfo.InvariantCulture, $"config.json:{finding.Line}:{finding.Column}: {Level(finding)} {Printable.Escape(finding.Path)}: {Printable.Escape(finding.Message)}");
            if (finding.Suggestion is { } suggestion)
            {
                text.Append("; did you mean \"").Append(suggestion).Append("\"?");
            }
            text.Append(" [").Append(finding.Code).Append(", ").Append(finding.Clause).Append("]\n");
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>An array.</summary>
    internal static ReadOnlySpan<byte> Json(IReadOnlyList<Finding> findings)
    {
        var json = new JsonText(indented: true);
        json.StartArray();
        foreach (var finding in findings)
        {
            json.StartObject();
            json.Property("path", finding.Path);
            json.Property("line", finding.Line);
            json.Property("column", finding.Column);
            json.Property("level", Level(finding));
            json.Property("code", finding.Code);
            json.Property("clause", finding.Clause);
            json.Property("message", finding.Message);
            if (finding.Suggestion is { } suggestion)
            {
                json.Property("suggestion", suggestion);
            }
            json.EndObject();
        }
        json.EndArray();
        json.EndLine();
        return json.Written;
    }

    private static string Level(Finding finding) => finding.Level == FindingLevel.Must ? "MUST" : "SHOULD";
}
