using System.Text;
using System.Text.Json;

namespace OciRun.Spec.Reading;

/// <summary>
/// The second walk over a document: slower than the generated reader, and it does not stop at the first fault. A syntax error ends it, as
/// nothing after it can be understood.
/// </summary>
internal ref struct DocumentWalker
{
    private readonly ReadOnlySpan<byte> _text;
    private readonly FindingCollector _collector;
    private readonly bool _reportUnknown;
    private Utf8JsonReader _reader;

    private DocumentWalker(ReadOnlySpan<byte> text, FindingCollector collector, bool reportUnknown)
    {
        _text = text;
        _collector = collector;
        _reportUnknown = reportUnknown;
        _reader = new Utf8JsonReader(text);
    }

    /// <summary>Collects every fault.</summary>
    /// <param name="text">The document, without a byte order mark.</param>
    /// <param name="root">Type of the document.</param>
    /// <param name="reportUnknown">Also names unknown properties, as <see cref="FindingLevel.Should"/>.</param>
    internal static FindingCollector Walk(ReadOnlySpan<byte> text, SchemaNode root, bool reportUnknown)
    {
        var collector = new FindingCollector();
        var walker = new DocumentWalker(text, collector, reportUnknown);
        try
        {
            walker._reader.Read();
            walker.Value(root, nullable: false);
            // Nothing may follow: the reader throws at anything but white space.
            if (!collector.IsFull)
                walker._reader.Read();
        }
        catch (JsonException fault)
        {
            walker.AddSyntaxFault(fault);
        }
        return collector;
    }

    private void AddSyntaxFault(JsonException fault)
    {
        int line = TextPosition.StartOfLine(_text, fault.LineNumber ?? 0);
        int offset = (int)Math.Min(_text.Length, line + (fault.BytePositionInLine ?? 0));
        bool tooDeep = _reader.CurrentDepth >= _reader.CurrentState.Options.MaxDepth - 1 && offset < _text.Length && _text[offset] is (byte)'{' or (byte)'[';
        var (row, column) = TextPosition.Of(_text, offset);
        _collector.Add(new Finding(_collector.Pointer(), FindingLevel.Must, FindingCode.JsonSyntax, "bundle.md#container-configuration",
            SyntaxFault.Describe(_text, offset, tooDeep))
        { Line = row, Column = column });
    }

    private void Add(FindingLevel level, string code, string clause, string message, string? suggestion = null, long at = -1)
    {
        var (line, column) = TextPosition.Of(_text, at < 0 ? _reader.TokenStartIndex : at);
        _collector.Add(new Finding(_collector.Pointer(), level, code, clause, message) { Line = line, Column = column, Suggestion = suggestion });
    }

    private void Value(SchemaNode node, bool nullable)
    {
        var token = _reader.TokenType;
        if (token == JsonTokenType.Null && node.Kind != SchemaKind.Any)
        {
            if (!nullable)
                Add(FindingLevel.Must, FindingCode.UnexpectedNull, node.Clause, $"expected {Expected(node.Kind)}, got null: give a value, or leave it out");
            return;
        }
        switch (node.Kind)
        {
            case SchemaKind.Any:
                _reader.Skip();
                break;
            case SchemaKind.Object when token == JsonTokenType.StartObject:
                Object(node);
                break;
            case SchemaKind.Map when token == JsonTokenType.StartObject:
                Map(node);
                break;
            case SchemaKind.Array when token == JsonTokenType.StartArray:
                Array(node);
                break;
            case SchemaKind.String when token == JsonTokenType.String:
                Text(node);
                break;
            case SchemaKind.Boolean when token is JsonTokenType.True or JsonTokenType.False:
                break;
            case >= SchemaKind.UInt16 when token == JsonTokenType.Number:
                Integer(node);
                break;
            default:
                Mismatch(node);
                _reader.Skip();
                break;
        }
    }

    private void Object(SchemaNode node)
    {
        long start = _reader.TokenStartIndex;
        var seen = new HashSet<string>();
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            string? name = Name(node);
            bool known = name is not null && node.Fields.TryGetValue(name, out _);
            if (!known || _collector.IsFull)
            {
                if (name is not null && _reportUnknown)
                    Unknown(node, name);
                _reader.Skip();
                continue;
            }
            _collector.Push(name!);
            if (!seen.Add(name!))
                Duplicate(node);
            _reader.Read();
            var field = node.Fields[name!];
            Value(field.Node, field.Nullable);
            _collector.Pop();
        }
        foreach (var (name, field) in node.Fields)
        {
            if (!field.Required || seen.Contains(name))
                continue;
            _collector.Push(name);
            Add(FindingLevel.Must, FindingCode.Missing, node.Clause, $"is missing: expected {Expected(field.Node.Kind)}", at: start);
            _collector.Pop();
        }
    }

    private void Map(SchemaNode node)
    {
        var seen = new HashSet<string>();
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            string? name = Name(node);
            if (name is null || _collector.IsFull)
            {
                _reader.Skip();
                continue;
            }
            _collector.Push(name);
            if (!seen.Add(name))
                Duplicate(node);
            _reader.Read();
            Value(node.Element!, nullable: false);
            _collector.Pop();
        }
    }

    private void Array(SchemaNode node)
    {
        for (int i = 0; _reader.Read() && _reader.TokenType != JsonTokenType.EndArray; i++)
        {
            _collector.Push(i);
            if (_collector.IsFull)
                _reader.Skip();
            else
                Value(node.Element!, nullable: false);
            _collector.Pop();
        }
    }

    private string? Name(SchemaNode node)
    {
        try
        {
            return _reader.GetString();
        }
        catch (InvalidOperationException)
        {
            Add(FindingLevel.Must, FindingCode.JsonEncoding, node.Clause, "a property name is not valid text: UTF-8, or half of an escaped surrogate pair");
            return null;
        }
    }

    private void Text(SchemaNode node)
    {
        try
        {
            _reader.GetString();
        }
        catch (InvalidOperationException)
        {
            Add(FindingLevel.Must, FindingCode.JsonEncoding, node.Clause, "is not valid text: not UTF-8, or half of an escaped surrogate pair");
        }
    }

    private void Integer(SchemaNode node)
    {
        bool fits = node.Kind switch
        {
            SchemaKind.UInt16 => _reader.TryGetUInt16(out _),
            SchemaKind.Int32 => _reader.TryGetInt32(out _),
            SchemaKind.UInt32 => _reader.TryGetUInt32(out _),
            SchemaKind.Int64 => _reader.TryGetInt64(out _),
            _ => _reader.TryGetUInt64(out _),
        };
        if (fits)
            return;
        string number = Words.Cut(Encoding.ASCII.GetString(_reader.ValueSpan));
        if (_reader.ValueSpan.ContainsAny(".eE"u8))
            Add(FindingLevel.Must, FindingCode.WrongType, node.Clause, $"expected {Expected(node.Kind)}, got {number}: write it without fraction and exponent");
        else
            Add(FindingLevel.Must, FindingCode.OutOfRange, node.Clause, $"expected {Expected(node.Kind)} ({Range(node.Kind)}), got {number}");
    }

    private void Mismatch(SchemaNode node)
    {
        string hint = "";
        string got = _reader.TokenType switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "an array",
            JsonTokenType.True => "true",
            JsonTokenType.False => "false",
            JsonTokenType.Number => Words.Cut(Encoding.ASCII.GetString(_reader.ValueSpan)),
            _ => Words.Quote(Encoding.UTF8.GetString(_reader.ValueSpan)),
        };
        if (_reader.TokenType == JsonTokenType.String && node.Kind is SchemaKind.Boolean or >= SchemaKind.UInt16)
            hint = ": write it without quotes";
        else if (node.Kind == SchemaKind.String && _reader.TokenType is JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False)
            hint = ": write it in quotes";
        else if (node.Kind == SchemaKind.Array && _reader.TokenType is not JsonTokenType.StartObject)
            hint = ": write it in brackets";
        Add(FindingLevel.Must, FindingCode.WrongType, node.Clause, $"expected {Expected(node.Kind)}, got {got}{hint}");
    }

    private void Duplicate(SchemaNode node) =>
        Add(FindingLevel.Must, FindingCode.DuplicateName, node.Clause, "appears twice in the same object: remove one");

    private void Unknown(SchemaNode node, string name)
    {
        _collector.Push(name);
        Add(FindingLevel.Should, FindingCode.UnknownProperty, "config.md#extensibility", "is not a property of the specification, and is ignored",
            Words.Nearest(name, node.Names));
        _collector.Pop();
    }

    private static string Expected(SchemaKind kind) => kind switch
    {
        SchemaKind.Object or SchemaKind.Map => "an object",
        SchemaKind.Array => "an array",
        SchemaKind.String => "a string",
        SchemaKind.Boolean => "true or false",
        SchemaKind.UInt16 => "an unsigned 16-bit integer",
        SchemaKind.Int32 => "a 32-bit integer",
        SchemaKind.UInt32 => "an unsigned 32-bit integer",
        SchemaKind.Int64 => "a 64-bit integer",
        _ => "an unsigned 64-bit integer",
    };

    private static string Range(SchemaKind kind) => kind switch
    {
        SchemaKind.UInt16 => "0 to 65535",
        SchemaKind.Int32 => "-2147483648 to 2147483647",
        SchemaKind.UInt32 => "0 to 4294967295",
        SchemaKind.Int64 => "-9223372036854775808 to 9223372036854775807",
        _ => "0 to 18446744073709551615",
    };
}
