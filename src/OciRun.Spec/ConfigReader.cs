using System.Text.Json;
using System.Text.Unicode;
using OciRun.Spec.Reading;

namespace OciRun.Spec;

/// <summary>
/// Reads config.json and its parts. It is done in one go; only when that fails are the bytes walked again, to name every
/// fault with its place. A UTF-8 byte order mark is skipped (RFC 8259 section 8.1 lets a reader do so; some editors write one), unknown
/// properties are ignored (config.md, Extensibility), duplicate names and anything after the document are faults.
/// </summary>
public static class ConfigReader
{
    private delegate T? DocumentReader<T>(ReadOnlySpan<byte> text);

    /// <summary>Reads a config.json.</summary>
    /// <param name="json">The whole file.</param>
    /// <returns>The document as it is written: nothing is filled in, and only types are checked (<see cref="ConfigValidator"/> does the
    /// rest).</returns>
    /// <exception cref="InvalidConfigException">It is no such document. No other exception is thrown, whatever the bytes.</exception>
    public static RuntimeConfig Read(ReadOnlySpan<byte> json) => Read(json, ModelReader.ReadConfig, nameof(RuntimeConfig));

    /// <summary>
    /// The parts of a config.json that tell what another process of the container gets: process, annotations, and of linux what does not belong to
    /// the container as a whole. The rest is skipped. For the copy of a config that create has accepted.
    /// </summary>
    /// <param name="json">The whole file.</param>
    /// <exception cref="InvalidConfigException">It is no such document.</exception>
    public static RuntimeConfig ReadForExec(ReadOnlySpan<byte> json) => Read(json, ModelReader.ReadConfigForExec, nameof(RuntimeConfig));

    /// <summary>Reads a process document, as exec takes it (config.md, Process).</summary>
    /// <param name="json">The whole file.</param>
    /// <exception cref="InvalidConfigException">It is no such document.</exception>
    public static Process ReadProcess(ReadOnlySpan<byte> json) => Read(json, ModelReader.ReadProcess, nameof(Process));

    /// <summary>Reads a resources document, as update takes it (config-linux.md, Control groups).</summary>
    /// <param name="json">The whole file.</param>
    /// <exception cref="InvalidConfigException">It is no such document.</exception>
    public static Resources ReadResources(ReadOnlySpan<byte> json) => Read(json, ModelReader.ReadResources, nameof(Resources));

    /// <summary>Every fault of a config.json, and every property that the specification does not have, with positions.</summary>
    /// <param name="json">The whole file.</param>
    /// <returns>Empty when there is nothing to say. <see cref="Read"/> succeeds exactly when there is no <see cref="FindingLevel.Must"/> in
    /// it.</returns>
    public static IReadOnlyList<Finding> Inspect(ReadOnlySpan<byte> json) => Explain(SkipMark(json), nameof(RuntimeConfig), reportUnknown: true).Findings;

    /// <summary>The position of a value in a document; of the nearest enclosing value when it is not there.</summary>
    /// <param name="json">The whole file.</param>
    /// <param name="pointer">JSON pointer, as <see cref="Finding.Path"/> has it.</param>
    /// <returns>Line and column in characters, from 1.</returns>
    public static (int Line, int Column) Locate(ReadOnlySpan<byte> json, string pointer)
    {
        ArgumentNullException.ThrowIfNull(pointer);
        var text = SkipMark(json);
        return TextPosition.Of(text, PointerLocator.Find(text, pointer));
    }

    /// <summary>The same findings with their positions in the document.</summary>
    /// <param name="json">The whole file that the findings are about.</param>
    /// <param name="findings">Those that have a position keep it.</param>
    public static IReadOnlyList<Finding> WithPositions(ReadOnlySpan<byte> json, IReadOnlyList<Finding> findings)
    {
        ArgumentNullException.ThrowIfNull(findings);
        var located = new Finding[findings.Count];
        for (int i = 0; i < located.Length; i++)
        {
            located[i] = findings[i];
            if (located[i].Line > 0)
                continue;
            var (line, column) = Locate(json, located[i].Path);
            located[i] = located[i] with { Line = line, Column = column };
        }
        return located;
    }

    private static T Read<T>(ReadOnlySpan<byte> json, DocumentReader<T> read, string name) where T : class
    {
        var text = SkipMark(json);
        if (Utf8.IsValid(text))
        {
            try
            {
                if (read(text) is { } document)
                    return document;
            }
            catch (Exception fault) when (fault is JsonException or InvalidOperationException or FormatException)
            {
                // Explained below.
            }
        }
        var collector = Explain(text, name, reportUnknown: false);
        if (!collector.HasFaults)
            collector.Must(FindingCode.Malformed, "bundle.md#container-configuration", "cannot be read");
        throw new InvalidConfigException(collector.Findings);
    }

    private static FindingCollector Explain(ReadOnlySpan<byte> text, string name, bool reportUnknown)
    {
        if (Utf8.IsValid(text))
            return DocumentWalker.Walk(text, ConfigSchema.Types[name], reportUnknown);
        var collector = new FindingCollector();
        int offset = FirstInvalid(text);
        var (line, column) = TextPosition.Of(text, offset);
        collector.Add(new Finding("", FindingLevel.Must, FindingCode.JsonEncoding, "bundle.md#container-configuration",
            $"the byte 0x{text[offset]:x2} is not UTF-8: save the file as UTF-8")
        { Line = line, Column = column });
        return collector;
    }

    private static int FirstInvalid(ReadOnlySpan<byte> text)
    {
        int offset = 0;
        while (System.Text.Rune.DecodeFromUtf8(text[offset..], out _, out int length) == System.Buffers.OperationStatus.Done)
            offset += length;
        return offset;
    }

    private static ReadOnlySpan<byte> SkipMark(ReadOnlySpan<byte> json) => json.StartsWith("\uFEFF"u8) ? json[3..] : json;
}
