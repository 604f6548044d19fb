using System.Buffers;
using System.Globalization;
using System.Text.Json;
using OciRun.Linux;

namespace OciRun.Cli;

/// <summary>What --version prints. Engines cut it by lines: "NAME version X", "commit: C", "spec: S" (moby, go-runc, podman info).</summary>
internal static class VersionText
{
    /// <summary>The version of the runtime specification that is followed.</summary>
    internal const string Specification = "1.3.0";

    internal static string Text() => string.Create(CultureInfo.InvariantCulture,
        $"ocirun version {BuildInfo.Version}\ncommit: {BuildInfo.Commit}\nspec: {Specification}\ndotnet: {Environment.Version}\nlibseccomp: {Libseccomp.Version}\n");

    /// <summary>The same as one JSON object.</summary>
    internal static ReadOnlySpan<byte> Json()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, "ocirun"u8);
            writer.WriteString("version"u8, BuildInfo.Version);
            writer.WriteString("commit"u8, BuildInfo.Commit);
            writer.WriteString("spec"u8, Specification);
            writer.WriteString("dotnet"u8, Environment.Version.ToString());
            writer.WriteEndObject();
        }
        buffer.Write("\n"u8);
        return buffer.WrittenSpan;
    }
}
