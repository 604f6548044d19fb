using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OciRun.Runtime.State;

namespace OciRun.Cli;

/// <summary>
/// States of containers as state and list print them. The fields, their order and the layout are runc's. Written field by field: a serializer's
/// metadata costs more than the rest of the verb.
/// </summary>
internal static class StateText
{
    private const int MinimumWidth = 12;
    private const int Padding = 3;
    private static readonly string[] s_headings = ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"];

    /// <summary>One state, indented.</summary>
    internal static ReadOnlySpan<byte> One(ContainerState state) => Json(indented: true, writer => Write(writer, state));

    /// <summary>All states, as an array on one line.</summary>
    internal static ReadOnlySpan<byte> All(IReadOnlyList<ContainerState> states) => Json(indented: false, writer =>
    {
        writer.WriteStartArray();
        foreach (var state in states)
        {
            Write(writer, state);
        }
        writer.WriteEndArray();
    });

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
        var text = new StringBuilder();
        foreach (string[] row in rows)
        {
            for (int column = 0; column < row.Length - 1; column++)
            {
                text.Append(row[column].PadRight(Width(rows, column)));
            }
            text.Append(row[^1]).Append('\n');
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    // The bundle is a path that anybody may have chosen: a line feed in it must not make a row.
    private static string[] Row(ContainerState state) =>
    [
        state.Id, state.Pid.ToString(CultureInfo.InvariantCulture), state.Status, Printable.Escape(state.Bundle), state.Created ?? "",
        Printable.Escape(state.Owner ?? ""),
    ];

    private static int Width(string[][] rows, int column)
    {
        int width = MinimumWidth;
        foreach (string[] row in rows)
        {
            width = Math.Max(width, row[column].Length + Padding);
        }
        return width;
    }

    private static ReadOnlySpan<byte> Json(bool indented, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = indented, NewLine = "\n" }))
        {
            write(writer);
        }
        buffer.Write("\n"u8);
        return buffer.WrittenSpan;
    }

    private static void Write(Utf8JsonWriter writer, ContainerState state)
    {
        writer.WriteStartObject();
        writer.WriteString("ociVersion"u8, state.OciVersion);
        writer.WriteString("id"u8, state.Id);
        writer.WriteNumber("pid"u8, state.Pid);
        writer.WriteString("status"u8, state.Status);
        writer.WriteString("bundle"u8, state.Bundle);
        writer.WriteString("rootfs"u8, state.Rootfs ?? "");
        writer.WriteString("created"u8, state.Created ?? "");
        if (state.Annotations is { Count: > 0 } annotations)
        {
            writer.WriteStartObject("annotations"u8);
            foreach (var (key, value) in annotations)
            {
                writer.WriteString(key, value);
            }
            writer.WriteEndObject();
        }
        writer.WriteString("owner"u8, state.Owner ?? "");
        writer.WriteEndObject();
    }
}
