using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OciRun.Images;
using OciRun.Images.Model;
using OciRun.Spec;

namespace OciRun.Cli;

/// <summary>What the image verbs print: JSON for programs, tables for people. The fields are part of the interface.</summary>
internal static class ImageText
{
    /// <summary>Twelve digits of a digest.</summary>
    internal static string Short(Digest digest) => digest.Hex[..12];

    /// <summary>So many bytes, with a unit that people use.</summary>
    internal static string Bytes(long count)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB"];
        double value = count;
        int unit = 0;
        while (value >= 1000 && unit < units.Length - 1)
        {
            value /= 1000;
            unit++;
        }
        return unit == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{count} B")
            : string.Create(CultureInfo.InvariantCulture, $"{value:0.0} {units[unit]}");
    }

    /// <summary>What has just been made: import, commit, build, minimal.</summary>
    internal static byte[] NameJson(StoredImage image)
    {
        var json = new JsonText(indented: true);
        json.StartObject();
        if (image.Name is { } name)
        {
            json.Property("name", name);
        }
        json.Property("digest", image.Digest.ToString());
        json.EndObject();
        json.EndLine();
        return json.Written.ToArray();
    }

    /// <summary>list.</summary>
    internal static byte[] List(IReadOnlyList<StoredImage> images, bool json) => json
        ? Json(writer => Array(writer, images, (image) =>
        {
            writer.WriteString("name", image.Name);
            writer.WriteString("digest", image.Digest.ToString());
            writer.WriteNumber("size", image.Size);
            writer.WriteString("created", image.Config.Created ?? "");
            writer.WriteNumber("layers", image.Layers.Count);
        }))
        : Table(["NAME", "DIGEST", "SIZE", "CREATED", "LAYERS"], images.Select(image => new[]
        {
            image.Name ?? "", Short(image.Digest), Bytes(image.Size), Printable.Escape(image.Config.Created ?? ""),
            image.Layers.Count.ToString(CultureInfo.InvariantCulture),
        }));

    /// <summary>history: the last step first, as docker has it.</summary>
    internal static byte[] History(StoredImage image, bool json)
    {
        var steps = Steps(image);
        return json
            ? Json(writer => Array(writer, steps, step =>
            {
                writer.WriteString("created", step.Entry.Created ?? "");
                writer.WriteString("createdBy", step.Entry.CreatedBy ?? "");
                writer.WriteString("comment", step.Entry.Comment ?? "");
                writer.WriteNumber("size", step.Layer?.Size ?? 0);
                writer.WriteBoolean("emptyLayer", step.Layer is null);
                writer.WriteString("digest", step.Layer?.Blob.Digest ?? "");
            }))
            : Table(["CREATED", "SIZE", "LAYER", "CREATED BY", "COMMENT"], steps.Select(step => new[]
            {
                Printable.Escape(step.Entry.Created ?? ""), step.Layer is null ? "-" : Bytes(step.Layer.Size),
                step.Layer?.Blob.Digest is { } digest ? Short(Digest.Parse(digest, "layer")) : "-",
                Printable.Escape(step.Entry.CreatedBy ?? ""), Printable.Escape(step.Entry.Comment ?? ""),
            }));
    }

    /// <summary>usage.</summary>
    internal static byte[] Usage(UsageReport usage, bool json) => json
        ? Json(writer =>
        {
            writer.WriteStartObject();
            writer.WritePropertyName("images");
            Array(writer, usage.Images, image =>
            {
                writer.WriteString("name", image.Name);
                writer.WriteNumber("size", image.Size);
                writer.WriteNumber("shared", image.Shared);
                writer.WriteNumber("unique", image.Unique);
            });
            writer.WritePropertyName("containers");
            Array(writer, usage.Containers, container =>
            {
                writer.WriteString("id", container.Id);
                writer.WriteString("image", container.Image ?? "");
                writer.WriteNumber("size", container.Size);
            });
            writer.WriteNumber("total", usage.Total);
            writer.WriteEndObject();
        })
        : [
            .. Table(["IMAGE", "SIZE", "SHARED", "UNIQUE"], usage.Images.Select(image => new[] { image.Name, Bytes(image.Size), Bytes(image.Shared), Bytes(image.Unique) })),
            .. usage.Containers.Count == 0 ? [] : Encoding.UTF8.GetBytes("\n"),
            .. usage.Containers.Count == 0 ? [] : Table(["CONTAINER", "IMAGE", "SIZE"], usage.Containers.Select(container => new[]
            { Printable.Escape(container.Id), container.Image ?? "-", Bytes(container.Size) })),
            .. Encoding.UTF8.GetBytes($"\ntotal {Bytes(usage.Total)}\n"),
        ];

    /// <summary>verify.</summary>
    internal static byte[] Verify(VerifyReport report, bool json) => json
        ? Json(writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("blobs", report.Blobs);
            writer.WriteNumber("layers", report.Layers);
            writer.WritePropertyName("damage");
            Array(writer, report.Damage, damage =>
            {
                writer.WriteString("what", damage.What);
                writer.WriteString("problem", damage.Problem);
            });
            writer.WriteEndObject();
        })
        : Encoding.UTF8.GetBytes(string.Concat(report.Damage.Select(damage => $"{Printable.Escape(damage.What)}: {Printable.Escape(damage.Problem)}\n"))
            + string.Create(CultureInfo.InvariantCulture, $"{report.Blobs} blobs, {report.Layers} layers: {(report.Damage.Count == 0 ? "all is well" : $"{report.Damage.Count} damaged")}\n"));

    /// <summary>gc.</summary>
    internal static byte[] Gc(GcReport report, bool json) => json
        ? Json(writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("blobs", report.Blobs);
            writer.WriteNumber("layers", report.Layers);
            writer.WriteNumber("references", report.References);
            writer.WriteNumber("containers", report.Containers);
            writer.WriteNumber("temporary", report.Temporary);
            writer.WriteNumber("bytes", report.Bytes);
            writer.WriteEndObject();
        })
        : Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"removed {report.Layers} layers, {report.Blobs} blobs, {report.Containers} container directories, {report.References} references, {report.Temporary} leftovers: {Bytes(report.Bytes)}\n"));

    /// <summary>inspect.</summary>
    internal static byte[] Inspect(StoredImage image) => Json(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("name", image.Name);
        writer.WriteString("digest", image.Digest.ToString());
        writer.WriteString("mediaType", image.Descriptor.MediaType ?? image.Manifest.MediaType ?? MediaTypes.Manifest);
        writer.WriteNumber("size", image.Size);
        writer.WriteString("created", image.Config.Created ?? "");
        writer.WriteString("os", image.Config.Os ?? "");
        writer.WriteString("architecture", image.Config.Architecture ?? "");
        writer.WritePropertyName("layers");
        Array(writer, image.Layers, layer =>
        {
            writer.WriteString("digest", layer.Blob.Digest);
            writer.WriteString("diffId", layer.DiffId.ToString());
            writer.WriteString("chainId", layer.ChainId.ToString());
            writer.WriteString("mediaType", layer.Blob.MediaType);
            writer.WriteNumber("blobSize", layer.Blob.Size);
            writer.WriteNumber("size", layer.Size);
            writer.WriteString("directory", layer.Directory);
        });
        writer.WritePropertyName("config");
        using (var config = JsonDocument.Parse(image.ConfigBytes))
        {
            config.RootElement.WriteTo(writer);
        }
        writer.WriteEndObject();
    });

    /// <summary>The steps, the last one first, each with the layer that it made. An image may have less history than layers, and none at all.</summary>
    private static List<(HistoryEntry Entry, StoredLayer? Layer)> Steps(StoredImage image)
    {
        var steps = new List<(HistoryEntry, StoredLayer?)>();
        int next = 0;
        foreach (var entry in image.Config.History ?? [])
        {
            steps.Add((entry, !entry.EmptyLayer && next < image.Layers.Count ? image.Layers[next++] : null));
        }
        for (; next < image.Layers.Count; next++)
        {
            steps.Add((new HistoryEntry(), image.Layers[next]));
        }
        steps.Reverse();
        return steps;
    }

    private static void Array<T>(Utf8JsonWriter writer, IEnumerable<T> items, Action<T> write)
    {
        writer.WriteStartArray();
        foreach (var item in items)
        {
            writer.WriteStartObject();
            write(item);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        var options = new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var writer = new Utf8JsonWriter(buffer, options))
        {
            write(writer);
        }
        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static byte[] Table(string[] headings, IEnumerable<string[]> rows) => TextTable.Of([headings, .. rows]);
}
