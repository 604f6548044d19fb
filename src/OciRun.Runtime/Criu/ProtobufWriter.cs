using System.Text;

namespace OciRun.Runtime.Criu;

/// <summary>
/// Writes a protocol buffer message: a tag (field number and kind) and a value, one after the other. Of the format's kinds only the two that CRIU's messages have:
/// varint (numbers, truths) and length-delimited (text, messages).
/// </summary>
internal sealed class ProtobufWriter
{
    private const int Varint = 0, Delimited = 2;
    private byte[] _bytes = new byte[512];
    private int _length;

    internal ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>A number; a negative one takes ten bytes, as the format has it for int32 too.</summary>
    internal void Add(int field, long value)
    {
        AddVarint(((ulong)(uint)field << 3) | Varint);
        AddVarint((ulong)value);
    }

    /// <summary>A truth; false is written as well, which is not the same as being absent.</summary>
    internal void Add(int field, bool value) => Add(field, value ? 1 : 0);

    /// <summary>Text, in UTF-8.</summary>
    internal void Add(int field, string text) => Add(field, Encoding.UTF8.GetBytes(text));

    /// <summary>Bytes, or a message in a message.</summary>
    internal void Add(int field, ReadOnlySpan<byte> bytes)
    {
        AddVarint(((ulong)(uint)field << 3) | Delimited);
        AddVarint((ulong)bytes.Length);
        Reserve(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }

    private void AddVarint(ulong value)
    {
        Reserve(10);
        for (; value >= 0x80; value >>= 7)
        {
            _bytes[_length++] = (byte)(value | 0x80);
        }

        _bytes[_length++] = (byte)value;
    }

    private void Reserve(int count)
    {
        if (_length + count > _bytes.Length)
        {
            byte[] larger = new byte[Math.Max(_bytes.Length * 2, _length + count)];
            Written.CopyTo(larger);
            _bytes = larger;
        }
    }
}
