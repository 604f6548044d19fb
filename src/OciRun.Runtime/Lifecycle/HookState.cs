using System.Buffers;
using System.Text;
using System.Text.Json;

namespace OciRun.Runtime.Lifecycle;

/// <summary>The state that hooks read on standard input (runtime.md, State).</summary>
internal static class HookState
{
    /// <summary>In place of the pid, where the stage puts the one it sees itself as.</summary>
    internal const string PidPlaceholder = "@PID@";

    /// <param name="id">The container.</param>
    /// <param name="ociVersion">That of its config.</param>
    /// <param name="status">creating, created, running, stopped.</param>
    /// <param name="pid">0: left out, as the specification has it for a stopped container.</param>
    /// <param name="bundle">Absolute path.</param>
    /// <param name="annotations">Those of the config.</param>
    internal static string Text(string id, string ociVersion, string status, int pid, string bundle, IReadOnlyDictionary<string, string>? annotations) =>
        Write(id, ociVersion, status, json =>
        {
            if (pid != 0)
            {
                json.WriteNumber("pid"u8, pid);
            }
        }, bundle, annotations);

    /// <summary>With <see cref="PidPlaceholder"/> as the pid.</summary>
    internal static string Template(string id, string ociVersion, string status, string bundle, IReadOnlyDictionary<string, string>? annotations) =>
        Write(id, ociVersion, status, static json =>
        {
            json.WritePropertyName("pid"u8);
            json.WriteRawValue(PidPlaceholder, skipInputValidation: true);
        }, bundle, annotations);

    private static string Write(
        string id, string ociVersion, string status, Action<Utf8JsonWriter> writePid, string bundle, IReadOnlyDictionary<string, string>? annotations)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("ociVersion"u8, ociVersion);
            json.WriteString("id"u8, id);
            json.WriteString("status"u8, status);
            writePid(json);
            json.WriteString("bundle"u8, bundle);
            if (annotations is { Count: > 0 })
            {
                json.WriteStartObject("annotations"u8);
                foreach ((string key, string value) in annotations)
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
