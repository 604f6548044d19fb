using System.Globalization;
using System.Text;
using OciRun.Linux;

namespace OciRun.Images.Tar;

/// <summary>
/// Writes archives that every tool reads: ustar, with a PAX header before an entry that does not fit (POSIX pax). The same entries give the same bytes: records are sorted,
/// and nothing of this machine goes in.
/// </summary>
/// <param name="output">Stays the caller's.</param>
internal sealed class TarWriter(Stream output)
{
    private const int Block = 512;
    private const long MaxOctal7 = 0x1FFFFF, MaxOctal11 = 0x1FFFFFFFF;

    private long _left, _padding;

    /// <summary>Begins an entry. Its data, <see cref="TarEntry.Size"/> bytes of it, comes by <see cref="Write"/>; holes are written as zeros.</summary>
    internal void Begin(TarEntry entry)
    {
        EndEntry();
        byte[] extension = Extension(entry);
        if (extension.Length > 0)
        {
            Header('x', Fit("PaxHeaders/" + LastName(entry.Name), 100), "", 0x1A4, 0, 0, extension.Length, new FileTime(0, 0), 0, 0);
            _left = extension.Length;
            _padding = -extension.Length & (Block - 1);
            Write(extension);
            EndEntry();
        }

        long size = entry.Type == TarType.File ? entry.Size : 0;
        Header((char)entry.Type, Fit(entry.Name, 100), Fit(entry.Target, 100), entry.Mode, entry.Uid, entry.Gid, size, entry.Modified, entry.Major, entry.Minor);
        _left = size;
        _padding = -size & (Block - 1);
    }

    /// <summary>Data of the entry.</summary>
    internal void Write(ReadOnlySpan<byte> data)
    {
        _left -= data.Length;
        if (_left < 0)
        {
            throw new InvalidOperationException("more data than the entry has room for");
        }

        output.Write(data);
    }

    /// <summary>A whole regular file.</summary>
    internal void WriteFile(string name, ReadOnlySpan<byte> content)
    {
        Begin(new TarEntry { Type = TarType.File, Name = name, Mode = 0x1A4, Size = content.Length });
        Write(content);
    }

    /// <summary>The end of the archive.</summary>
    internal void Finish()
    {
        EndEntry();
        output.Write(stackalloc byte[2 * Block]);
    }

    private void EndEntry()
    {
        if (_left != 0)
        {
            throw new InvalidOperationException("less data than the entry has room for");
        }

        output.Write(stackalloc byte[(int)_padding]);
        _padding = 0;
    }

    private static byte[] Extension(TarEntry entry)
    {
        var records = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        AddText(records, "path", entry.Name);
        AddText(records, "linkpath", entry.Target);
        AddNumber(records, "size", entry.Size, MaxOctal11);
        AddNumber(records, "uid", entry.Uid, MaxOctal7);
        AddNumber(records, "gid", entry.Gid, MaxOctal7);
        var (seconds, nanoseconds) = entry.Modified;
        if (nanoseconds != 0 || seconds is < 0 or > MaxOctal11)
        {
            records["mtime"] = Encoding.ASCII.GetBytes(Time(seconds, nanoseconds));
        }

        foreach (var (name, value) in entry.Attributes)
        {
            records["SCHILY.xattr." + name] = value;
        }

        var text = new MemoryStream();
        foreach (var (key, value) in records)
        {
            int rest = key.Length + value.Length + 3, length = rest + 1;
            while (length != rest + Digits(length))
            {
                length = rest + Digits(length);
            }

            text.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{length} ")));
            text.Write(RawName.Bytes(key));
            text.WriteByte((byte)'=');
            text.Write(value);
            text.WriteByte((byte)'\n');
        }

        return text.ToArray();
    }

    private static void AddText(SortedDictionary<string, byte[]> records, string key, string raw)
    {
        if (raw.Length > 100 || !Ascii.IsValid(raw))
        {
            records[key] = RawName.Bytes(raw);
        }
    }

    private static void AddNumber(SortedDictionary<string, byte[]> records, string key, long value, long most)
    {
        if (value > most)
        {
            records[key] = Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static string Time(long seconds, long nanoseconds)
    {
        // -1.25 is one second and a quarter before 1970; the kernel has it as -2 seconds and 750,000,000 nanoseconds.
        string sign = seconds < 0 ? "-" : "";
        if (seconds < 0 && nanoseconds > 0)
        {
            (seconds, nanoseconds) = (seconds + 1, 1_000_000_000 - nanoseconds);
        }

        string whole = Math.Abs((decimal)seconds).ToString(CultureInfo.InvariantCulture);
        return nanoseconds == 0 ? sign + whole : string.Create(CultureInfo.InvariantCulture, $"{sign}{whole}.{nanoseconds:d9}");
    }

    private void Header(
        char type, string name, string target, uint mode, uint uid, uint gid, long size, FileTime modified, uint major, uint minor)
    {
        Span<byte> header = stackalloc byte[Block];
        header.Clear();
        Put(header, name);
        Octal(header.Slice(100, 8), mode);
        Octal(header.Slice(108, 8), uid <= MaxOctal7 ? uid : 0);
        Octal(header.Slice(116, 8), gid <= MaxOctal7 ? gid : 0);
        Octal(header.Slice(124, 12), size <= MaxOctal11 ? size : 0);
        Octal(header.Slice(136, 12), Math.Clamp(modified.Seconds, 0, MaxOctal11));
        header[148..156].Fill((byte)' ');
        header[156] = (byte)type;
        Put(header[157..], target);
        "ustar\0"u8.CopyTo(header[257..]);
        "00"u8.CopyTo(header[263..]);
        Octal(header.Slice(329, 8), major);
        Octal(header.Slice(337, 8), minor);
        int sum = 0;
        foreach (byte value in header)
        {
            sum += value;
        }

        Octal(header.Slice(148, 7), sum);
        output.Write(header);
    }

    private static void Octal(Span<byte> field, long value)
    {
        for (int i = field.Length - 2; i >= 0; i--, value >>= 3)
        {
            field[i] = (byte)('0' + (value & 7));
        }

        field[^1] = 0;
    }

    private static void Put(Span<byte> field, string raw) => Encoding.Latin1.GetBytes(raw, field);

    private static string Fit(string text, int length) => text.Length <= length ? text : text[..length];

    private static string LastName(string name) => name.TrimEnd('/') is var trimmed && trimmed.LastIndexOf('/') is var slash && slash >= 0 ? trimmed[(slash + 1)..] : trimmed;

    private static int Digits(int value) => value.ToString(CultureInfo.InvariantCulture).Length;
}
