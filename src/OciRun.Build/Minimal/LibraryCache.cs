using System.Buffers.Binary;
using System.Text;
using OciRun.Linux;

namespace OciRun.Build.Minimal;

/// <summary>/etc/ld.so.cache: which library name is which file, as ldconfig(8) wrote it down. glibc's format 1.1 (sysdeps/generic/dl-cache.h).</summary>
internal sealed class LibraryCache
{
    private const int HeaderSize = 48, EntrySize = 24;

    private readonly Dictionary<string, List<string>> _files = [];

    private LibraryCache() { }

    /// <summary>Files of this name, the first is preferred; those for some processors only are left out, as an image may move.</summary>
    internal IReadOnlyList<string> Find(string name) => _files.GetValueOrDefault(name) ?? [];

    /// <summary>Reads the host's; a missing one, or one of another format, is empty: then there are the usual directories.</summary>
    internal static LibraryCache Read()
    {
        using SafeFd? file = Files.TryOpen(SafeFd.CurrentDirectory, "/etc/ld.so.cache", OpenFlags.ReadOnly, out _);
        return file is null ? new LibraryCache() : Parse(Files.ReadAll(file, "/etc/ld.so.cache"));
    }

    internal static LibraryCache Parse(ReadOnlySpan<byte> content)
    {
        var cache = new LibraryCache();
        int start = content.IndexOf("glibc-ld.so.cache1.1"u8); // the older format may stand before it
        if (start < 0 || content.Length - start < HeaderSize)
        {
            return cache;
        }

        content = content[start..];
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(content[20..]);
        for (int i = 0; i < count && HeaderSize + ((i + 1) * EntrySize) <= content.Length; i++)
        {
            ReadOnlySpan<byte> entry = content.Slice(HeaderSize + (i * EntrySize), EntrySize);
            if (BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]) == 0
                && Text(content, BinaryPrimitives.ReadUInt32LittleEndian(entry[4..])) is { } name && Text(content, BinaryPrimitives.ReadUInt32LittleEndian(entry[8..])) is { } path)
            {
                (cache._files.TryGetValue(name, out var paths) ? paths : cache._files[name] = []).Add(path);
            }
        }

        return cache;
    }

    private static string? Text(ReadOnlySpan<byte> content, uint at)
    {
        int length = at < content.Length ? content[(int)at..].IndexOf((byte)0) : -1;
        return length < 0 ? null : Encoding.UTF8.GetString(content.Slice((int)at, length));
    }
}
