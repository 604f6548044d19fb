using System.Text;
using OciRun.Runtime.Lifecycle;
using OciRun.Spec;

namespace OciRun.Cli;

/// <summary>What explain prints.</summary>
internal static class ExplainText
{
    /// <summary>Sections, their lines with the place that asks for each.</summary>
    internal static ReadOnlySpan<byte> Table(IReadOnlyList<ExplainedLine> lines)
    {
        var text = new StringBuilder();
        string section = "";
        foreach (var line in lines)
        {
            if (line.Section != section)
            {
                section = line.Section;
                text.Append(section).Append(":\n");
            }
            text.Append(line.Change == 0 ? ' ' : line.Change).Append(' ').Append(Printable.Escape(line.Text));
            if (line.Place is not null)
            {
                text.Append("  [").Append(Printable.Escape(line.Place)).Append(']');
            }
            text.Append('\n');
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>An array of the lines.</summary>
    internal static ReadOnlySpan<byte> Json(IReadOnlyList<ExplainedLine> lines)
    {
        var json = new JsonText(indented: true);
        json.StartArray();
        foreach (var line in lines)
        {
            json.StartObject();
            if (line.Change != 0)
            {
                json.Property("change", line.Change.ToString());
            }
            json.Property("section", line.Section);
            json.Property("text", line.Text);
            if (line.Place is not null)
            {
                json.Property("place", line.Place);
            }
            json.EndObject();
        }
        json.EndArray();
        json.EndLine();
        return json.Written;
    }
}
