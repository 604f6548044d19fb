using System.Globalization;
using System.Text;
using OciRun.Images.Changes;
using OciRun.Linux;
using OciRun.Spec;

namespace OciRun.Cli;

/// <summary>Changes of a container as diff prints them.</summary>
internal static class ChangeText
{
    /// <summary>One line a path: <c>A /new</c>; with sizes the bytes behind it, after a tab. What could harm a terminal is escaped.</summary>
    internal static ReadOnlySpan<byte> Lines(IReadOnlyList<Change> changes, bool sizes)
    {
        var text = new StringBuilder();
        foreach (var change in changes)
        {
            text.Append(Letter(change.Kind)).Append(" /").Append(Printable.Escape(RawName.ToText(change.Path)));
            if (sizes)
            {
                text.Append(CultureInfo.InvariantCulture, $"\t{change.Size}");
            }
            text.Append('\n');
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>An array on one line: <c>[{"kind":"A","path":"/new","size":2}]</c>.</summary>
    internal static ReadOnlySpan<byte> Json(IReadOnlyList<Change> changes)
    {
        var json = new JsonText();
        json.StartArray();
        foreach (var change in changes)
        {
            json.StartObject();
            json.Property("kind", Letter(change.Kind));
            json.Property("path", "/" + RawName.ToText(change.Path));
            json.Property("size", change.Size);
            json.EndObject();
        }
        json.EndArray();
        json.EndLine();
        return json.Written;
    }

    private static string Letter(ChangeKind kind) => kind switch
    {
        ChangeKind.Added => "A",
        ChangeKind.Changed => "C",
        _ => "D",
    };
}
