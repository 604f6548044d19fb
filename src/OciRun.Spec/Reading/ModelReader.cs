using System.Text.Json;

namespace OciRun.Spec.Reading;

/// <summary>
/// The fast way from bytes to the model. It stops at the first fault without explaining it: <see cref="DocumentWalker"/> does that, and a
/// test holds the two together. Written by hand, because JsonSerializer sets up the descriptions of all forty types at its first call: with
/// NativeAOT that took 4.5 ms of processor time for the default config, as much as all the rest of a create; this takes 0.15 ms.
/// </summary>
/// <remarks>
/// A type is a chain of <see cref="Is"/>, required members first. Null stands for absent where the model's property is nullable
/// and is a fault elsewhere, also in arrays and maps.
/// </remarks>
internal ref partial struct ModelReader
{
    private readonly bool _forExec;
    private Utf8JsonReader _reader;

    private ModelReader(ReadOnlySpan<byte> text, bool forExec = false)
    {
        _reader = new Utf8JsonReader(text);
        _forExec = forExec;
    }

    private delegate T? ElementReader<T>(ref ModelReader reader);

    /// <summary>A config.json; null for the document null.</summary>
    /// <exception cref="JsonException">Not such a document.</exception>
    /// <exception cref="InvalidOperationException">Not such a document.</exception>
    /// <exception cref="FormatException">Not such a document.</exception>
    internal static RuntimeConfig? ReadConfig(ReadOnlySpan<byte> text) => Document(text, static (ref ModelReader reader) => reader.RuntimeConfig());

    /// <summary>As <see cref="ReadConfig"/>, without what only create needs: mounts, resources and more stay null.</summary>
    internal static RuntimeConfig? ReadConfigForExec(ReadOnlySpan<byte> text) => Document(text, static (ref ModelReader reader) => reader.RuntimeConfig(), forExec: true);

    /// <summary>As <see cref="ReadConfig"/>, for process.</summary>
    internal static Process? ReadProcess(ReadOnlySpan<byte> text) => Document(text, static (ref ModelReader reader) => reader.Process());

    /// <summary>As <see cref="ReadConfig"/>, for resources.</summary>
    internal static Resources? ReadResources(ReadOnlySpan<byte> text) => Document(text, static (ref ModelReader reader) => reader.Resources());

    private static T? Document<T>(ReadOnlySpan<byte> text, ElementReader<T> read, bool forExec = false) where T : class
    {
        var reader = new ModelReader(text, forExec);
        reader._reader.Read();
        var document = read(ref reader);
        // Throws at anything but white space.
        reader._reader.Read();
        return document;
    }

    /// <summary>Which members of one object have been read: a bit for each place in the chain.</summary>
    private struct Members
    {
        internal ulong Seen;
        internal int Position;
    }

    /// <summary>Starts an object; false for null.</summary>
    private readonly bool Begin()
    {
        if (_reader.TokenType == JsonTokenType.Null)
            return false;
        Expect(JsonTokenType.StartObject);
        return true;
    }

    /// <summary>Goes on to the next member; at the end of the object, the first members of the chain must have been there.</summary>
    private bool Next(ref Members members, int required = 0)
    {
        members.Position = -1;
        _reader.Read();
        if (_reader.TokenType == JsonTokenType.PropertyName)
        {
            // A name with half a surrogate pair matches nothing, and is a fault all the same.
            if (_reader.ValueIsEscaped)
                _reader.GetString();
            return true;
        }
        if ((members.Seen & (1UL << required) - 1) != (1UL << required) - 1)
            throw new JsonException();
        return false;
    }

    /// <summary>The present member has this name: then the reader stands at its value.</summary>
    private bool Is(ref Members members, ReadOnlySpan<byte> name)
    {
        members.Position++;
        if (!_reader.ValueTextEquals(name))
            return false;
        ulong bit = 1UL << members.Position;
        if ((members.Seen & bit) != 0)
            throw new JsonException();
        members.Seen |= bit;
        _reader.Read();
        return true;
    }

    private void Skip() => _reader.Skip();

    private readonly void Expect(JsonTokenType token)
    {
        if (_reader.TokenType != token)
            throw new JsonException();
    }

    private readonly bool IsNull => _reader.TokenType == JsonTokenType.Null;

    private readonly string? Text() => _reader.GetString();

    private readonly bool? OptionalBoolean() => IsNull ? null : _reader.GetBoolean();

    private readonly ushort? OptionalUInt16() => IsNull ? null : _reader.GetUInt16();

    private readonly int? OptionalInt32() => IsNull ? null : _reader.GetInt32();

    private readonly uint? OptionalUInt32() => IsNull ? null : _reader.GetUInt32();

    private readonly long? OptionalInt64() => IsNull ? null : _reader.GetInt64();

    private readonly ulong? OptionalUInt64() => IsNull ? null : _reader.GetUInt64();

    private T[]? List<T>(ElementReader<T> read) where T : class
    {
        if (IsNull)
            return null;
        Expect(JsonTokenType.StartArray);
        var items = System.Array.Empty<T>();
        int count = 0;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            if (count == items.Length)
                System.Array.Resize(ref items, Math.Max(4, 2 * count));
            items[count++] = read(ref this) ?? throw new JsonException();
        }
        System.Array.Resize(ref items, count);
        return items;
    }

    private string[]? Texts() => List(static (ref ModelReader reader) => reader.Text());

    private uint[]? UInt32s()
    {
        if (IsNull)
            return null;
        Expect(JsonTokenType.StartArray);
        var items = new List<uint>();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
            items.Add(_reader.GetUInt32());
        return items.ToArray();
    }

    private Dictionary<string, T>? Map<T>(ElementReader<T> read) where T : class
    {
        if (!Begin())
            return null;
        var items = new Dictionary<string, T>();
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = _reader.GetString()!;
            _reader.Read();
            if (!items.TryAdd(name, read(ref this) ?? throw new JsonException()))
                throw new JsonException();
        }
        return items;
    }

    private Dictionary<string, string>? TextMap() => Map(static (ref ModelReader reader) => reader.Text());
}
