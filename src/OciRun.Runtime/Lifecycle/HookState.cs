using System.Globalization;
using System.Text;
using OciRun.Spec;

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
        Write(id, ociVersion, status, pid == 0 ? null : pid.ToString(CultureInfo.InvariantCulture), bundle, annotations);

    /// <summary>With <see cref="PidPlaceholder"/> as the pid.</summary>
    internal static string Template(string id, string ociVersion, string status, string bundle, IReadOnlyDictionary<string, string>? annotations) =>
        Write(id, ociVersion, status, PidPlaceholder, bundle, annotations);

    private static string Write(string id, string ociVersion, string status, string? pid, string bundle, IReadOnlyDictionary<string, string>? annotations)
    {
        var json = new JsonText();
        json.StartObject();
        json.Property("ociVersion", ociVersion);
        json.Property("id", id);
        json.Property("status", status);
        if (pid is not null)
        {
            json.RawProperty("pid", Encoding.ASCII.GetBytes(pid));
        }

        json.Property("bundle", bundle);
        if (annotations is { Count: > 0 })
        {
            json.Property("annotations", annotations);
        }

        json.EndObject();
        return Encoding.ASCII.GetString(json.Written);
    }
}
