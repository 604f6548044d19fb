using System.Buffers.Binary;
using System.Text;

namespace OciRun.Cgroups.Systemd;

/// <summary>Reads what a D-Bus message has, little-endian. What does not fit is an error: nothing is read beyond the end.</summary>
internal ref struct BusReader(ReadOnlySpan<byte> data)
{
    private readonly ReadOnlySpan<byte> _data = data;
    private int _at;

    internal readonly bool AtEnd => _at >= _data.Length;

    internal readonly int Position => _at;

    internal byte Byte() => Take(1)[0];

    internal uint UInt32()
    {
        Align(4);
        return BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
    }

    internal string Text()
    {
        var size = UInt32();
        return size < (uint)_data.Length ? Encoding.UTF8.GetString(Take((int)size + 1)[..^1]) : throw Malformed();
    }

    internal string Signature()
    {
        int size = Byte();
        return Encoding.ASCII.GetString(Take(size + 1)[..^1]);
    }

    internal void Align(int size) => Take((size - (_at % size)) % size);

    internal static CgroupException Malformed() => new("what systemd sent is no D-Bus message");

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _data.Length - _at)
        {
            throw Malformed();
        }
        _at += count;
        return _data.Slice(_at - count, count);
    }
}
