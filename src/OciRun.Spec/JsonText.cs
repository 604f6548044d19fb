using System.Buffers.Text;

namespace OciRun.Spec;

/// <summary>
/// Writes the small JSON texts that stand in the way of every container: its state, and what hooks read. <see cref="System.Text.Json.Utf8JsonWriter"/> builds two tables
/// of allowed characters at its first string, 32 KiB and 0.2 ms, more than the text itself. The result is ASCII: nothing in it can be a terminal's control character.
/// </summary>
/// <param name="indented">Two spaces a level, as runc prints a state; else everything on one line.</param>
public sealed class JsonText(bool indented = false)
{
    private byte[] _buffer = new byte[1024];
    private int _length, _depth;
    private bool _isFirst = true;

    /// <summary>What has been written so far; valid until the next call.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>Begins an object: a value of an array, or the whole.</summary>
    public void StartObject() => Start((byte)'{');

    /// <summary>Begins an object as a property.</summary>
    public void StartObject(string name)
    {
        Name(name);
        Open((byte)'{');
    }

    /// <summary>Ends the innermost object.</summary>
    public void EndObject() => Close((byte)'}');

    /// <summary>Begins an array: the whole.</summary>
    public void StartArray() => Start((byte)'[');

    /// <summary>Begins an array as a property.</summary>
    public void StartArray(string name)
    {
        Name(name);
        Open((byte)'[');
    }

    /// <summary>Ends the innermost array.</summary>
    public void EndArray() => Close((byte)']');

    /// <summary>A string in an array.</summary>
    public void Item(string value)
    {
        Separate();
        Quote(value);
    }

    /// <summary>A number in an array.</summary>
    public void Item(ulong value)
    {
        Separate();
        Number(value);
    }

    /// <summary>A property.</summary>
    public void Property(string name, string value)
    {
        Name(name);
        Quote(value);
    }

    /// <summary>A property.</summary>
    public void Property(string name, long value)
    {
        Name(name);
        Reserve(20);
        Utf8Formatter.TryFormat(value, _buffer.AsSpan(_length), out int count);
        _length += count;
    }

    /// <summary>A property.</summary>
    public void Property(string name, ulong value)
    {
        Name(name);
        Number(value);
    }

    /// <summary>A property.</summary>
    public void Property(string name, bool value)
    {
        Name(name);
        Raw(value ? "true"u8 : "false"u8);
    }

    /// <summary>A property whose value stands there as it is given.</summary>
    public void RawProperty(string name, ReadOnlySpan<byte> value)
    {
        Name(name);
        Raw(value);
    }

    /// <summary>An object of strings as a property.</summary>
    public void Property(string name, IReadOnlyDictionary<string, string> map)
    {
        StartObject(name);
        foreach ((string key, string value) in map)
        {
            Property(key, value);
        }

        EndObject();
    }

    /// <summary>Ends the text with a line feed.</summary>
    public void EndLine() => Raw("\n"u8);

    private void Number(ulong value)
    {
        Reserve(20);
        Utf8Formatter.TryFormat(value, _buffer.AsSpan(_length), out int count);
        _length += count;
    }

    private void Start(byte bracket)
    {
        Separate();
        Open(bracket);
    }

    private void Open(byte bracket)
    {
        Byte(bracket);
        _depth++;
        _isFirst = true;
    }

    private void Close(byte bracket)
    {
        _depth--;
        if (!_isFirst)
        {
            BreakLine();
        }

        Byte(bracket);
        _isFirst = false;
    }

    private void Name(string name)
    {
        Separate();
        Quote(name);
        Raw(indented ? ": "u8 : ":"u8);
    }

    private void Separate()
    {
        if (!_isFirst)
        {
            Byte((byte)',');
        }

        _isFirst = false;
        if (_depth > 0)
        {
            BreakLine();
        }
    }

    private void BreakLine()
    {
        if (indented)
        {
            Byte((byte)'\n');
            Reserve(_depth * 2);
            _buffer.AsSpan(_length, _depth * 2).Fill((byte)' ');
            _length += _depth * 2;
        }
    }

    private void Quote(string text)
    {
        Byte((byte)'"');
        foreach (char c in text)
        {
            if (c is >= ' ' and < '\x7f' and not ('"' or '\\' or '<' or '>' or '&')) // as Go's encoder, and so runc
            {
                Byte((byte)c);
            }
            else
            {
                Escape(c);
            }
        }

        Byte((byte)'"');
    }

    /// <summary>By UTF-16 code units (RFC 8259, 7).</summary>
    private void Escape(char c)
    {
        switch (c)
        {
            case '"': Raw("\\\""u8); break;
            case '\\': Raw("\\\\"u8); break;
            case '\n': Raw("\\n"u8); break;
            case '\r': Raw("\\r"u8); break;
            case '\t': Raw("\\t"u8); break;
            default:
                Raw("\\u"u8);
                Reserve(4);
                Utf8Formatter.TryFormat((ushort)c, _buffer.AsSpan(_length), out int count, new System.Buffers.StandardFormat('x', 4));
                _length += count;
                break;
        }
    }

    private void Byte(byte value)
    {
        Reserve(1);
        _buffer[_length++] = value;
    }

    private void Raw(ReadOnlySpan<byte> text)
    {
        Reserve(text.Length);
        text.CopyTo(_buffer.AsSpan(_length));
        _length += text.Length;
    }

    private void Reserve(int count)
    {
        if (_length + count > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + count));
        }
    }
}
