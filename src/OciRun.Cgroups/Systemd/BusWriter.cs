using System.Buffers.Binary;
using System.Text;

namespace OciRun.Cgroups.Systemd;

/// <summary>Writes values as D-Bus has them on the wire, little-endian: each aligned to its size, counted from the beginning (D-Bus specification, "Marshaling").</summary>
internal sealed class BusWriter
{
    private byte[] _buffer = new byte[1024];

    internal int Length { get; private set; }

    internal ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

    internal void Byte(byte value) => Take(1)[0] = value;

    internal void UInt32(uint value)
    {
        Align(4);
        BinaryPrimitives.WriteUInt32LittleEndian(Take(4), value);
    }

    /// <summary>For a length that is known later.</summary>
    internal void UInt32At(int position, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(position), value);

    internal void Text(string text)
    {
        var size = Encoding.UTF8.GetByteCount(text);
        UInt32((uint)size);
        Encoding.UTF8.GetBytes(text, Take(size + 1)); // and a NUL
    }

    internal void Signature(string signature)
    {
        Byte((byte)signature.Length);
        Encoding.ASCII.GetBytes(signature, Take(signature.Length + 1));
    }

    internal void Align(int size) => Take((size - (Length % size)) % size);

    internal void Value(BusValue value)
    {
        switch (value.Signature[0])
        {
            case 'y':
                Byte((byte)value.Bits);
                break;
            case 'n' or 'q':
                Align(2);
                BinaryPrimitives.WriteUInt16LittleEndian(Take(2), (ushort)value.Bits);
                break;
            case 'b' or 'i' or 'u':
                UInt32((uint)value.Bits);
                break;
            case 'x' or 't' or 'd':
                Align(8);
                BinaryPrimitives.WriteUInt64LittleEndian(Take(8), value.Bits);
                break;
            case 's' or 'o':
                Text(value.Text);
                break;
            case 'g':
                Signature(value.Text);
                break;
            case 'v':
                Signature(value.Items[0].Signature);
                Value(value.Items[0]);
                break;
            case 'a':
                Array(value);
                break;
            default: // ( and {
                Align(8);
                Values(value.Items);
                break;
        }
    }

    private void Values(IReadOnlyList<BusValue> values)
    {
        foreach (var value in values)
        {
            Value(value);
        }
    }

    private void Array(BusValue array)
    {
        UInt32(0);
        var at = Length - 4;
        Align(array.Signature[1] is 'x' or 't' or 'd' or '(' or '{' ? 8 : 1); // not counted, and there even when the array is empty
        var start = Length;
        Values(array.Items);
        UInt32At(at, (uint)(Length - start));
    }

    /// <summary>Zeros at the end, to be filled.</summary>
    private Span<byte> Take(int count)
    {
        if (Length + count > _buffer.Length)
        {
            System.Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, Length + count));
        }
        Length += count;
        return _buffer.AsSpan(Length - count, count);
    }
}
