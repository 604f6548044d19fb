using System.Text.Json;

namespace OciRun.Spec.Writing;

/// <summary>
/// From the model to JSON: members in the order of the model, absent ones left out. Written by hand, as <see cref="Reading.ModelReader"/> is: JsonSerializer's
/// descriptions of the forty types would be a good part of the program.
/// </summary>
internal sealed partial class ModelWriter
{
    private readonly Utf8JsonWriter _writer;

    private ModelWriter(Utf8JsonWriter writer) => _writer = writer;

    /// <summary>Writes a config.json.</summary>
    internal static void Write(Utf8JsonWriter writer, RuntimeConfig config)
    {
        writer.WriteStartObject();
        new ModelWriter(writer).RuntimeConfig(config);
        writer.WriteEndObject();
    }

    private void RuntimeConfig(RuntimeConfig value)
    {
        Text("ociVersion"u8, value.OciVersion);
        Object("process"u8, value.Process, Process);
        Object("root"u8, value.Root, Root);
        Text("hostname"u8, value.Hostname);
        Text("domainname"u8, value.Domainname);
        List("mounts"u8, value.Mounts, Mount);
        Object("hooks"u8, value.Hooks, Hooks);
        TextMap("annotations"u8, value.Annotations);
        Object("linux"u8, value.Linux, LinuxSection);
    }

    private void Text(ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
            _writer.WriteString(name, value);
    }

    private void Boolean(ReadOnlySpan<byte> name, bool? value)
    {
        if (value is { } present)
            _writer.WriteBoolean(name, present);
    }

    private void Number(ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } present)
            _writer.WriteNumber(name, present);
    }

    private void Unsigned(ReadOnlySpan<byte> name, ulong? value)
    {
        if (value is { } present)
            _writer.WriteNumber(name, present);
    }

    private void Texts(ReadOnlySpan<byte> name, string[]? values)
    {
        if (values is null)
            return;
        _writer.WriteStartArray(name);
        foreach (string value in values)
            _writer.WriteStringValue(value);
        _writer.WriteEndArray();
    }

    private void Numbers(ReadOnlySpan<byte> name, uint[]? values)
    {
        if (values is null)
            return;
        _writer.WriteStartArray(name);
        foreach (uint value in values)
            _writer.WriteNumberValue(value);
        _writer.WriteEndArray();
    }

    private void TextMap(ReadOnlySpan<byte> name, Dictionary<string, string>? items)
    {
        if (items is null)
            return;
        _writer.WriteStartObject(name);
        foreach (var (key, value) in items)
            _writer.WriteString(key, value);
        _writer.WriteEndObject();
    }

    private void Object<T>(ReadOnlySpan<byte> name, T? value, Action<T> members) where T : class
    {
        if (value is null)
            return;
        _writer.WriteStartObject(name);
        members(value);
        _writer.WriteEndObject();
    }

    private void List<T>(ReadOnlySpan<byte> name, T[]? items, Action<T> members) where T : class
    {
        if (items is null)
            return;
        _writer.WriteStartArray(name);
        foreach (var item in items)
        {
            _writer.WriteStartObject();
            members(item);
            _writer.WriteEndObject();
        }
        _writer.WriteEndArray();
    }

    private void Map<T>(ReadOnlySpan<byte> name, Dictionary<string, T>? items, Action<T> members) where T : class
    {
        if (items is null)
            return;
        _writer.WriteStartObject(name);
        foreach (var (key, value) in items)
        {
            _writer.WriteStartObject(key);
            members(value);
            _writer.WriteEndObject();
        }
        _writer.WriteEndObject();
    }
}
