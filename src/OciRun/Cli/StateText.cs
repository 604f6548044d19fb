using System.Globalization;
using System.Text;
using OciRun.Runtime.State;
using OciRun.Spec;

namespace OciRun.Cli;

/// <summary>
/// States of containers as state and list print them. The fields, their order and the layout are runc's. Written field by field: a serializer's
/// metadata costs more than the rest of the verb.
/// </summary>
internal static class StateText
{
    private const int MinimumWidth = 12;
    private static readonly string[] s_headings = ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"];

    /// <summary>One state, indented.</summary>
    internal static ReadOnlySpan<byte> One(ContainerState state)
    {
        var json = new JsonText(indented: true);
        Write(json, state);
        json.EndLine();
        return json.Written;
    }

    /// <summary>All states, as an array on one line.</summary>
    internal static ReadOnlySpan<byte> All(IReadOnlyList<ContainerState> states)
    {
        var json = new JsonText();
        json.StartArray();
        foreach (var state in states)
        {
            Write(json, state);
        }
        json.EndArray();
        json.EndLine();
        return json.Written;
    }

    /// <summary>One id a line.</summary>
    internal static ReadOnlySpan<byte> Ids(IReadOnlyList<ContainerState> states)
    {
        var text = new StringBuilder();
        foreach (var state in states)
        {
            text.Append(state.Id).Append('\n');
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>A table; every column but the last is padded.</summary>
    internal static ReadOnlySpan<byte> Table(IReadOnlyList<ContainerState> states)
    {
        string[][] rows = new string[states.Count + 1][];
        rows[0] = s_headings;
        for (int i = 0; i < states.Count; i++)
        {
            rows[i + 1] = Row(states[i]);
        }
        return TextTable.Of(rows, MinimumWidth);
    }

    // The bundle is a path that anybody may have chosen: a line feed in it must not make a row.
    private static string[] Row(ContainerState state) =>
    [
        state.Id, state.Pid.ToString(CultureInfo.InvariantCulture), state.Status, Printable.Escape(state.Bundle), state.Created ?? "",
        Printable.Escape(state.Owner ?? ""),
    ];

    private static void Write(JsonText json, ContainerState state)
    {
        json.StartObject();
        json.Property("ociVersion", state.OciVersion);
        json.Property("id", state.Id);
        json.Property("pid", state.Pid);
        json.Property("status", state.Status);
        json.Property("bundle", state.Bundle);
        json.Property("rootfs", state.Rootfs ?? "");
        json.Property("created", state.Created ?? "");
        if (state.Annotations is { Count: > 0 } annotations)
        {
            json.Property("annotations", annotations);
        }
        json.Property("owner", state.Owner ?? "");
        json.EndObject();
    }
}
