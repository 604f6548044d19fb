namespace OciRun.Runtime.Criu;

/// <summary>Reads a protocol buffer message field by field. Unknown fields are the caller's to skip; what is no message throws <see cref="FormatException"/>.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>The number of the field that <see cref="Next"/> has read.</summary>
    internal int Field { get; private set; }

    /// <summary>Its value, when it is a number or a truth; 0 otherwise.</summary>
    internal long Number { get; private set; }

    /// <summary>Its bytes, when it is text or a message; empty otherwise.</summary>
    internal ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Reads the next field; false at the end.</summary>
    internal bool Next()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        ulong tag = ReadVarint();
        Field = tag >> 3 <= int.MaxValue ? (int)(tag >> 3) : throw Malformed();
        Number = 0;
        Bytes = default;
        switch (tag & 7)
        {
            case 0:
                Number = (long)ReadVarint();
                break;
            case 1:
                Bytes = Take(8);
                break;
            case 2:
                Bytes = Take(ReadVarint());
                break;
            case 5:
                Bytes = Take(4);
                break;
            default:
                throw Malformed();
        }

        return true;
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (int i = 0; i < 10 && i < _rest.Length; i++)
        {
            value |= (ulong)(_rest[i] & 0x7F) << (7 * i);
            if (_rest[i] < 0x80)
            {
                _rest = _rest[(i + 1)..];
                return value;
            }
        }

        throw Malformed();
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        ReadOnlySpan<byte> taken = count <= (ulong)_rest.Length ? _rest[..(int)count] : throw Malformed();
        _rest = _rest[(int)count..];
        return taken;
    }

    private static FormatException Malformed() => new("this is no protocol buffer message");
}
