using System.Buffers.Binary;
using System.Text;
using OciRun.Linux;

namespace OciRun.Build.Minimal;

/// <summary>
/// What an ELF file says about the libraries that it needs, elf(5). Read, never run: <c>ldd</c> starts the program's own loader, and so whatever the file names as one.
/// </summary>
internal sealed class ElfFile
{
    private const uint Load = 1, Dynamic = 2, Interp = 3;
    private const long NeededTag = 1, StringsTag = 5, StringsSizeTag = 10, NameTag = 14, RpathTag = 15, RunpathTag = 29, Flags1Tag = 0x6FFFFFFB;
    private const ulong NoDefaultLibraries = 8; // DF_1_NODEFLIB
    private const int MaxHeaders = 512, MaxEntries = 4096, MaxStrings = 64 << 20;

    private readonly SafeFd _file;
    private readonly string _name;
    private readonly List<(ulong Address, ulong Offset, ulong Size)> _loaded = [];
    private bool _is64;
    private byte[] _strings = [];

    private ElfFile(SafeFd file, string name) => (_file, _name) = (file, name);

    /// <summary>Class and machine: a library of another one does not count.</summary>
    internal (bool Is64, ushort Machine) Kind { get; private set; }

    /// <summary>PT_INTERP: the loader; null for a static program or a library.</summary>
    internal string? Interpreter { get; private set; }

    /// <summary>DT_NEEDED, in order.</summary>
    internal List<string> Needed { get; } = [];

    /// <summary>DT_SONAME.</summary>
    internal string? Soname { get; private set; }

    /// <summary>DT_RPATH and DT_RUNPATH, directories separated by colons.</summary>
    internal string? Rpath { get; private set; }

    internal string? Runpath { get; private set; }

    /// <summary>The usual directories are not searched for its libraries.</summary>
    internal bool SkipsDefaults { get; private set; }

    /// <summary>Does it name this function, as one that it has or calls?</summary>
    internal bool Mentions(string symbol) => _strings.AsSpan().IndexOf(Encoding.ASCII.GetBytes($"\0{symbol}\0")) >= 0;

    /// <summary>Reads one; null when the file is none.</summary>
    /// <exception cref="Runtime.ContainerException">It is a damaged one, or of a kind that no Linux here runs.</exception>
    internal static ElfFile? TryRead(SafeFd file, string name)
    {
        Span<byte> head = stackalloc byte[64];
        int count = TreeFiles.ReadAt(file, head, 0, name);
        if (count < 4 || !head.StartsWith("\u007fELF"u8))
        {
            return null;
        }

        var elf = new ElfFile(file, name);
        if (count < 52 || head[4] is not (1 or 2) || head[5] != 1)
        {
            throw elf.Damaged("not of this kind of machine, which is little-endian");
        }

        elf.ReadHeaders(head);
        return elf;
    }

    private void ReadHeaders(ReadOnlySpan<byte> head)
    {
        _is64 = head[4] == 2;
        Kind = (_is64, BinaryPrimitives.ReadUInt16LittleEndian(head[18..]));
        ulong at = _is64 ? BinaryPrimitives.ReadUInt64LittleEndian(head[32..]) : BinaryPrimitives.ReadUInt32LittleEndian(head[28..]);
        int size = BinaryPrimitives.ReadUInt16LittleEndian(head[(_is64 ? 54 : 42)..]), count = BinaryPrimitives.ReadUInt16LittleEndian(head[(_is64 ? 56 : 44)..]);
        if (size < (_is64 ? 56 : 32) || count > MaxHeaders)
        {
            throw Damaged("its program headers make no sense");
        }

        byte[] headers = Read(at, (ulong)(size * count));
        (ulong Offset, ulong Size)? dynamic = null;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> header = headers.AsSpan(i * size, size);
            ulong offset = Word(header, 4, 8), address = Word(header, 8, 16), length = Word(header, 16, 32);
            switch (BinaryPrimitives.ReadUInt32LittleEndian(header))
            {
                case Load: _loaded.Add((address, offset, length)); break;
                case Dynamic: dynamic = (offset, length); break;
                case Interp: Interpreter = Encoding.UTF8.GetString(Read(offset, Math.Min(length, 4096))).TrimEnd('\0'); break;
            }
        }

        if (dynamic is { } found)
        {
            ReadDynamic(Read(found.Offset, Math.Min(found.Size, (ulong)(MaxEntries * (_is64 ? 16 : 8)))));
        }
    }

    private void ReadDynamic(byte[] section)
    {
        var entries = new List<(long Tag, ulong Value)>();
        int half = _is64 ? 8 : 4;
        for (int at = 0; at + (2 * half) <= section.Length; at += 2 * half)
        {
            long tag = _is64 ? BinaryPrimitives.ReadInt64LittleEndian(section.AsSpan(at)) : BinaryPrimitives.ReadUInt32LittleEndian(section.AsSpan(at));
            if (tag == 0)
            {
                break;
            }

            entries.Add((tag, Word(section.AsSpan(at), half, half)));
        }

        ulong Value(long tag) => entries.Find(entry => entry.Tag == tag).Value;
        _strings = Read(OffsetOf(Value(StringsTag)), Math.Min(Value(StringsSizeTag), MaxStrings));
        foreach (var (tag, value) in entries)
        {
            switch (tag)
            {
                case NeededTag: Needed.Add(Text(value)); break;
                case NameTag: Soname = Text(value); break;
                case RpathTag: Rpath = Text(value); break;
                case RunpathTag: Runpath = Text(value); break;
                case Flags1Tag: SkipsDefaults = (value & NoDefaultLibraries) != 0; break;
            }
        }
    }

    private string Text(ulong at)
    {
        int end = at < (ulong)_strings.Length ? _strings.AsSpan((int)at).IndexOf((byte)0) : -1;
        return end >= 0 ? Encoding.UTF8.GetString(_strings.AsSpan((int)at, end)) : throw Damaged("a name in it is not there");
    }

    private ulong OffsetOf(ulong address)
    {
        foreach (var (start, offset, size) in _loaded)
        {
            if (address >= start && address - start < size)
            {
                return address - start + offset;
            }
        }

        throw Damaged("its table of names is nowhere");
    }

    private ulong Word(ReadOnlySpan<byte> at, int offset32, int offset64) =>
        _is64 ? BinaryPrimitives.ReadUInt64LittleEndian(at[offset64..]) : BinaryPrimitives.ReadUInt32LittleEndian(at[offset32..]);

    private byte[] Read(ulong offset, ulong size)
    {
        byte[] content = new byte[size <= MaxStrings ? size : throw Damaged("a part of it is too large")];
        for (int done = 0; done < content.Length;)
        {
            int count = offset > long.MaxValue / 2 ? 0 : TreeFiles.ReadAt(_file, content.AsSpan(done), (long)offset + done, _name);
            done += count > 0 ? count : throw Damaged("it ends too early");
        }

        return content;
    }

    private Runtime.ContainerException Damaged(string why) => BuildError.Usage($"{RawName.Quote("/" + _name)} is no program that can be looked into: {why}");
}
