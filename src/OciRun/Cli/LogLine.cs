using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using OciRun.Linux;

namespace OciRun.Cli;

/// <summary>
/// The lines of the log, in runc's two formats: logfmt, and one JSON object a line with <c>level</c>, <c>msg</c> and <c>time</c> first. Readers
/// (podman, containerd's shim) ignore further keys.
/// </summary>
internal static class LogLine
{
    // Engines print msg as it is. Quotes and slashes as \u0022 would only make the log harder to read; Printable has been there before.
    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A failed operation, with the warnings before it.</summary>
    internal static byte[] Error(bool json, Failure failure, IReadOnlyList<string> warnings, DateTime time)
    {
        if (json)
        {
            return Json("error", failure.Message, time, writer => WriteDetails(writer, failure, warnings));
        }
        var text = new StringBuilder();
        foreach (string warning in warnings)
        {
            AppendText(text, "warning", warning, time).Append('\n');
        }
        AppendText(text, "error", failure.Message, time).Append(" code=").Append(failure.Code);
        if (failure.Place is not null)
        {
            text.Append(" place=").Append(Printable.Quote(failure.Place));
        }
        if (failure.Call is not null)
        {
            text.Append(" call=").Append(failure.Call);
        }
        if (failure.Errno != Errno.None)
        {
            text.Append(" errno=").Append(failure.Errno.ToString());
        }
        return Encoding.UTF8.GetBytes(text.Append('\n').ToString());
    }

    /// <summary>A warning of an operation that succeeded.</summary>
    internal static byte[] Warning(bool json, string message, DateTime time) => json
        ? Json("warning", message, time, null)
        : Encoding.UTF8.GetBytes(AppendText(new StringBuilder(), "warning", message, time).Append('\n').ToString());

    /// <summary>A line for people on standard error.</summary>
    internal static byte[] Plain(string message) => Encoding.UTF8.GetBytes(Printable.Escape(message) + "\n");

    /// <summary>A debug line: microseconds, process, text.</summary>
    internal static byte[] Debug(string message, DateTime time) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $"{time:yyyy-MM-ddTHH:mm:ss.ffffffZ} [{Environment.ProcessId}] {Printable.Escape(message)}\n"));

    private static StringBuilder AppendText(StringBuilder text, string level, string message, DateTime time) => text
        .Append("time=\"").Append(Rfc3339(time)).Append("\" level=").Append(level).Append(" msg=").Append(Printable.Quote(message));

    private static byte[] Json(string level, string message, DateTime time, Action<Utf8JsonWriter>? details)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, s_json))
        {
            writer.WriteStartObject();
            writer.WriteString("level"u8, level);
            writer.WriteString("msg"u8, Printable.Escape(message));
            writer.WriteString("time"u8, Rfc3339(time));
            details?.Invoke(writer);
            writer.WriteEndObject();
        }
        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteDetails(Utf8JsonWriter writer, Failure failure, IReadOnlyList<string> warnings)
    {
        writer.WriteString("code"u8, failure.Code);
        if (failure.Place is not null)
        {
            writer.WriteString("place"u8, failure.Place);
        }
        if (failure.Call is not null)
        {
            writer.WriteString("call"u8, failure.Call);
        }
        if (failure.Errno != Errno.None)
        {
            writer.WriteString("errno"u8, failure.Errno.ToString());
        }
        if (warnings.Count > 0)
        {
            writer.WriteStartArray("warnings"u8);
            foreach (string warning in warnings)
            {
                writer.WriteStringValue(Printable.Escape(warning));
            }
            writer.WriteEndArray();
        }
    }

    private static string Rfc3339(DateTime time) => time.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
