using OciRun.Linux;

namespace OciRun.Images.Tar;

/// <summary>
/// Reads archives of every age: v7, ustar, PAX, GNU, with long names, large numbers, sparse files in all four forms, extended attributes. Names stay bytes, which
/// System.Formats.Tar would decode and so lose; it knows no sparse form either. Whatever is wrong is a <see cref="TarException"/>, and no number of the archive decides
/// how much memory is taken.
/// </summary>
internal sealed partial class TarReader(BlockSource source)
{
    private const int Block = 512;
    private const int MaxExtension = 1 << 20; // bytes of a PAX header or a long name: the kernel takes no path longer than 4096, no attribute longer than 65536

    private readonly byte[] _block = new byte[Block];
    private readonly PaxRecords _global = new(), _local = new();
    private long _position;
    private long _dataLeft, _padding;

    /// <summary>The next entry; null at the end. What was not read of the one before is passed over.</summary>
    internal TarEntry? Next()
    {
        string? longName = null, longTarget = null;
        _local.Clear();
        while (true)
        {
            SkipData();
            if (!ReadBlock())
            {
                return longName is null && longTarget is null && _local.IsEmpty ? null : throw new TarException("the archive ends after an extension header");
            }

            if (IsZero(_block))
            {
                return null; // one is enough for GNU tar and Go; what follows is no entry any more
            }

            CheckSum();
            char type = (char)_block[156];
            switch (type)
            {
                case 'L':
                    longName = RawName.Of(Cut(ReadExtension()));
                    break;
                case 'K':
                    longTarget = RawName.Of(Cut(ReadExtension()));
                    break;
                case 'x' or 'X':
                    _local.Read(ReadExtension());
                    break;
                case 'g':
                    _global.Read(ReadExtension());
                    break;
                case 'V':
                    BeginData(HeaderSize());
                    break; // the name of a volume
                default:
                    return ReadEntry(type, longName, longTarget);
            }
        }
    }

    /// <summary>Some of the entry's data as it lies in the archive; empty at its end.</summary>
    internal ReadOnlySpan<byte> ReadData(int max = int.MaxValue)
    {
        if (_dataLeft == 0)
        {
            return [];
        }

        ReadOnlySpan<byte> data = source.Take((int)Math.Min(_dataLeft, max));
        if (data.IsEmpty)
        {
            throw new TarException("the archive ends within a file");
        }

        _dataLeft -= data.Length;
        _position += data.Length;
        return data;
    }

    private void SkipData()
    {
        long rest = _dataLeft + _padding;
        if (rest > 0 && !source.TrySkip(rest))
        {
            // An archive that lacks the padding of its last file has lost nothing.
            bool onlyPadding = _dataLeft == 0;
            throw new TarException(onlyPadding ? "the archive ends within the padding of a file" : "the archive ends within a file");
        }

        _position += rest;
        _dataLeft = _padding = 0;
    }

    private void BeginData(long size)
    {
        _dataLeft = size;
        _padding = -size & (Block - 1);
    }

    /// <summary>False at the end of the archive.</summary>
    private bool ReadBlock()
    {
        for (int done = 0; done < Block;)
        {
            ReadOnlySpan<byte> some = source.Take(Block - done);
            if (some.IsEmpty)
            {
                return done == 0 ? false : throw new TarException("the archive ends within a header");
            }

            some.CopyTo(_block.AsSpan(done));
            done += some.Length;
        }

        _position += Block;
        return true;
    }

    private byte[] ReadExtension()
    {
        long size = HeaderSize();
        if (size > MaxExtension)
        {
            throw new TarException($"an extension header of {size} bytes");
        }

        BeginData(size);
        byte[] content = new byte[size];
        for (int done = 0; done < size;)
        {
            ReadOnlySpan<byte> some = ReadData();
            some.CopyTo(content.AsSpan(done));
            done += some.Length;
        }

        return content;
    }

    private long HeaderSize() => TarNumbers.Field(_block.AsSpan(124, 12), "size") is var size && size >= 0
        ? size
        : throw new TarException("an entry has a negative size");

    /// <summary>The sum of all bytes, the field itself read as spaces; old programs took the bytes as signed.</summary>
    private void CheckSum()
    {
        long expected = TarNumbers.Field(_block.AsSpan(148, 8), "checksum");
        long unsigned = 0, signed = 0;
        for (int i = 0; i < Block; i++)
        {
            byte value = i is >= 148 and < 156 ? (byte)' ' : _block[i];
            unsigned += value;
            signed += (sbyte)value;
        }

        if (expected != unsigned && expected != signed)
        {
            throw new TarException("it is no tar archive, or a header is damaged (checksum)");
        }
    }

    private static bool IsZero(ReadOnlySpan<byte> block) => block.IndexOfAnyExcept((byte)0) < 0;

    private static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> text) => text.IndexOf((byte)0) is var end && end >= 0 ? text[..end] : text;
}
