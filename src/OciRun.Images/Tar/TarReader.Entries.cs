using OciRun.Linux;

namespace OciRun.Images.Tar;

internal sealed partial class TarReader
{
    private TarEntry ReadEntry(char type, string? longName, string? longTarget)
    {
        bool isUstar = _block.AsSpan(257, 6).SequenceEqual("ustar\0"u8);
        bool isGnu = _block.AsSpan(257, 8).SequenceEqual("ustar  \0"u8);
        string name = Pax("path") ?? longName ?? HeaderName(isUstar);
        string target = Pax("linkpath") ?? longTarget ?? RawName.Of(Cut(_block.AsSpan(157, 100)));
        TarType kind = Kind(type, name);
        long size = Number("size") ?? HeaderSize();
        bool hasData = type is '0' or '\0' or '7' or 'D'; // the others have none, whatever their size says

        long logical = size;
        List<SparsePart>? sparse = null;
        if (type == 'S')
        {
            (sparse, logical) = ReadOldSparse();
            BeginData(size);
        }
        else
        {
            BeginData(hasData ? size : 0);
            if (kind == TarType.File && (sparse = ReadPaxSparse(ref name, ref logical)) is not null)
            {
                CheckSparse(sparse, logical, _dataLeft);
            }
        }

        if (sparse is not null && type == 'S')
        {
            CheckSparse(sparse, logical, size);
        }

        return new TarEntry
        {
            Type = kind,
            Name = name,
            Target = target,
            Mode = (uint)TarNumbers.Field(_block.AsSpan(100, 8), "mode") & 0xFFF,
            Uid = Id("uid", _block.AsSpan(108, 8)),
            Gid = Id("gid", _block.AsSpan(116, 8)),
            Modified = Find("mtime") is { } time ? TarNumbers.Time(time, "mtime") : new FileTime(TarNumbers.Field(_block.AsSpan(136, 12), "time"), 0),
            Major = isUstar || isGnu ? (uint)TarNumbers.Field(_block.AsSpan(329, 8), "device") : 0,
            Minor = isUstar || isGnu ? (uint)TarNumbers.Field(_block.AsSpan(337, 8), "device") : 0,
            Size = kind == TarType.File ? logical : 0,
            Sparse = sparse,
            Attributes = _local.IsEmpty ? [] : _local.Attributes(),
            Offset = _position,
        };
    }

    private static TarType Kind(char type, string name) => type switch
    {
        '\0' or '0' or '7' or 'S' => name.EndsWith('/') ? TarType.Directory : TarType.File, // before POSIX the slash was the sign of a directory
        '1' => TarType.HardLink,
        '2' => TarType.SymbolicLink,
        '3' => TarType.Character,
        '4' => TarType.Block,
        '5' or 'D' => TarType.Directory,
        '6' => TarType.Fifo,
        _ => throw new TarException($"an entry of type '{(type is > ' ' and < '\x7f' ? type : '?')}' (0x{(int)type:x2}) is not known: {RawName.Quote(name)}"),
    };

    private string HeaderName(bool isUstar)
    {
        string name = RawName.Of(Cut(_block.AsSpan(0, 100)));
        ReadOnlySpan<byte> prefix = isUstar ? Cut(_block.AsSpan(345, 155)) : []; // in GNU's own format times stand there
        return prefix.IsEmpty ? name : RawName.Of(prefix) + "/" + name;
    }

    private byte[]? Find(string key) => _local.Find(key) ?? _global.Find(key);

    private string? Pax(string key) => _local.Path(key) ?? _global.Path(key);

    private long? Number(string key) => _local.Number(key) ?? _global.Number(key);

    private uint Id(string key, ReadOnlySpan<byte> field)
    {
        long id = Number(key) ?? TarNumbers.Field(field, key);
        return id is >= 0 and < uint.MaxValue ? (uint)id : throw new TarException($"an entry has the {key} {id}");
    }

    /// <summary>GNU's first form: four parts in the header, the rest in blocks of 21.</summary>
    private (List<SparsePart> Parts, long Size) ReadOldSparse()
    {
        var parts = new List<SparsePart>();
        long size = TarNumbers.Field(_block.AsSpan(483, 12), "size");
        byte[] header = _block.AsSpan().ToArray();
        bool more = AddParts(parts, header.AsSpan(386, 4 * 24)) && header[482] != 0;
        while (more)
        {
            if (!ReadBlock())
            {
                throw new TarException("the archive ends within a sparse map");
            }

            more = AddParts(parts, _block.AsSpan(0, 21 * 24)) && _block[504] != 0;
        }

        header.CopyTo(_block, 0);
        return (parts, size);
    }

    private static bool AddParts(List<SparsePart> parts, ReadOnlySpan<byte> table)
    {
        for (int i = 0; i < table.Length; i += 24)
        {
            if (table[i] == 0)
            {
                return false;
            }

            parts.Add(new(TarNumbers.Field(table.Slice(i, 12), "sparse map"), TarNumbers.Field(table.Slice(i + 12, 12), "sparse map")));
        }

        return true;
    }

    /// <summary>GNU's forms 0.0, 0.1 and 1.0, told by their PAX records; null for a file that is not sparse.</summary>
    private List<SparsePart>? ReadPaxSparse(ref string name, ref long size)
    {
        if (_local.Number("GNU.sparse.realsize") is not { } real)
        {
            if (_local.Number("GNU.sparse.size") is not { } old)
            {
                return null;
            }

            real = old;
        }

        name = _local.Path("GNU.sparse.name") ?? name;
        size = real;
        if (_local.Number("GNU.sparse.major") is 1)
        {
            return ReadMap();
        }

        if (_local.Find("GNU.sparse.map") is not { } map)
        {
            return _local.SparseParts.ToList();
        }

        var parts = new List<SparsePart>();
        ReadOnlySpan<byte> rest = map;
        while (!rest.IsEmpty)
        {
            long offset = Part(ref rest);
            parts.Add(new(offset, Part(ref rest)));
        }

        return parts;
    }

    private static long Part(ref ReadOnlySpan<byte> text)
    {
        int comma = text.IndexOf((byte)',');
        ReadOnlySpan<byte> number = comma < 0 ? text : text[..comma];
        text = comma < 0 ? [] : text[(comma + 1)..];
        return TarNumbers.Decimal(number, "GNU.sparse.map");
    }

    /// <summary>Form 1.0: the map is text before the data, filled up to whole blocks.</summary>
    private List<SparsePart> ReadMap()
    {
        var text = new MapText(this);
        long count = text.Number();
        var parts = new List<SparsePart>();
        for (long i = 0; i < count; i++)
        {
            long offset = text.Number(); // each number takes two bytes of the archive at least: the list cannot outgrow it
            parts.Add(new(offset, text.Number()));
        }

        return parts;
    }

    private static void CheckSparse(List<SparsePart> parts, long size, long data)
    {
        long end = 0, sum = 0;
        foreach (var (offset, length) in parts)
        {
            if (offset < end || length < 0 || offset > size || length > size - offset)
            {
                throw new TarException("a sparse map is not in order, or leaves its file");
            }

            end = offset + length;
            sum += length;
        }

        if (sum != data)
        {
            throw new TarException("a sparse map does not fit its data");
        }
    }

    private ref struct MapText(TarReader reader)
    {
        private byte[] _text = [];
        private int _at;

        internal long Number()
        {
            long value = 0;
            for (int digits = 0; ; digits++)
            {
                byte next = Next();
                if (next == '\n' && digits > 0)
                {
                    return value;
                }

                if (next is < (byte)'0' or > (byte)'9' || digits == 18)
                {
                    throw new TarException("a sparse map is no list of numbers");
                }

                value = value * 10 + (next - '0');
            }
        }

        private byte Next()
        {
            if (_at == _text.Length)
            {
                _text = reader.ReadMapBlock();
                _at = 0;
            }

            return _text[_at++];
        }
    }

    private byte[] ReadMapBlock()
    {
        byte[] block = new byte[Block];
        for (int done = 0; done < Block;)
        {
            ReadOnlySpan<byte> some = ReadData(Block - done);
            if (some.IsEmpty)
            {
                throw new TarException("a sparse map is longer than its file");
            }

            some.CopyTo(block.AsSpan(done));
            done += some.Length;
        }

        return block;
    }
}
