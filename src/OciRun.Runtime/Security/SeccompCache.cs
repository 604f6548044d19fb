using System.Buffers.Binary;
using System.Text;
using OciRun.Linux;

namespace OciRun.Runtime.Security;

/// <summary>
/// Finished programs by the hash of what they were made of: libseccomp needs 20 ms for the profile that engines send, more than all the
/// rest of a run.
/// It trusts nothing that it finds: directory and file belong to this user and are closed to others (<see cref="PrivateDirectory"/>), and
/// the content is checked to be whole and to be of this profile. Whatever is wrong costs time, never more, and is told to the debug log.
/// </summary>
internal sealed class SeccompCache
{
    /// <summary>Entries that are kept; 64 of the largest possible are 2.5 MB.</summary>
    internal const int MaxEntries = 64;

    private const int MaxEntrySize = 48 * 1024;
    private const int MaxNotes = 8 * 1024;
    private const uint Format = 2;

    // The header: magic, format, two lengths, key, hash of all the rest.
    private const int LengthsAt = 12, KeyAt = 20, HashAt = KeyAt + Sha2.HashSize256, HeaderSize = HashAt + Sha2.HashSize256;

    /// <summary>A file that a writer left behind when it died; none needs so long.</summary>
    private const long StaleAfter = 60_000_000_000;

    private readonly string _directory;
    private readonly bool _createParent;
    private readonly Diagnostics _diagnostics;

    /// <param name="directory">Absolute path; made on the first store, mode 0700.</param>
    /// <param name="createParent">Makes the directory above it too (~/.cache).</param>
    /// <param name="diagnostics">Told what is wrong with the cache, as debug lines.</param>
    internal SeccompCache(string directory, bool createParent, Diagnostics diagnostics)
    {
        _directory = directory;
        _createParent = createParent;
        _diagnostics = diagnostics;
    }

    private static ReadOnlySpan<byte> Magic => "ocirunSC"u8;

    /// <summary>The program of <paramref name="key"/>, or null.</summary>
    internal CompiledFilter? Load(ReadOnlySpan<byte> key)
    {
        if (!PrivateDirectory.TryOpen(_directory, create: false, createParent: false, out var directory, out string? problem))
        {
            Tell(_directory, problem);
            return null;
        }
        using (directory)
        {
            string name = Convert.ToHexStringLower(key);
            byte[]? entry = directory.TryRead(name, MaxEntrySize, out problem);
            if (entry is not null && Parse(entry, key, out problem) is { } filter)
                return filter;
            if (problem is not null)
                Tell($"{_directory}/{name}", problem);
            return null;
        }
    }

    /// <summary>Keeps a program; a failure is only told to the debug log.</summary>
    internal void Store(ReadOnlySpan<byte> key, CompiledFilter filter)
    {
        if (!PrivateDirectory.TryOpen(_directory, create: true, _createParent, out var directory, out string? problem))
        {
            Tell(_directory, problem);
            return;
        }
        using (directory)
        {
            string name = Convert.ToHexStringLower(key);
            if (directory.TryWrite(name, Serialize(key, filter), out problem))
                Trim(directory);
            else
                Tell($"{_directory}/{name}", problem);
        }
    }

    private static byte[] Serialize(ReadOnlySpan<byte> key, CompiledFilter filter)
    {
        byte[] notes = FormatNotes(filter);
        var entry = new byte[HeaderSize + filter.Program.Length + notes.Length];
        var rest = entry.AsSpan();
        Magic.CopyTo(rest);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[8..], Format);
        BinaryPrimitives.WriteInt32LittleEndian(rest[LengthsAt..], filter.Program.Length);
        BinaryPrimitives.WriteInt32LittleEndian(rest[(LengthsAt + 4)..], notes.Length);
        key.CopyTo(rest[KeyAt..]);
        filter.Program.CopyTo(rest[HeaderSize..]);
        notes.CopyTo(rest[(HeaderSize + filter.Program.Length)..]);
        HashEntry(entry, rest[HashAt..]);
        return entry;
    }

    private static CompiledFilter? Parse(byte[] entry, ReadOnlySpan<byte> key, out string? problem)
    {
        problem = "it is damaged";
        var span = entry.AsSpan();
        if (span.Length < HeaderSize || !span.StartsWith(Magic))
            return null;
        if (BinaryPrimitives.ReadUInt32LittleEndian(span[8..]) != Format)
        {
            problem = "it was written by another version";
            return null;
        }
        uint programSize = BinaryPrimitives.ReadUInt32LittleEndian(span[LengthsAt..]);
        uint notesSize = BinaryPrimitives.ReadUInt32LittleEndian(span[(LengthsAt + 4)..]);
        if ((ulong)HeaderSize + programSize + notesSize != (ulong)span.Length || !span.Slice(KeyAt, Sha2.HashSize256).SequenceEqual(key))
            return null;
        Span<byte> hash = stackalloc byte[Sha2.HashSize256];
        HashEntry(entry, hash);
        var program = span.Slice(HeaderSize, (int)programSize);
        if (!hash.SequenceEqual(span.Slice(HashAt, Sha2.HashSize256)) || !BpfProgram.IsWellFormed(program))
            return null;
        problem = null;
        return ParseNotes(program.ToArray(), span[^(int)notesSize..]);
    }

    // All but the hash itself.
    private static void HashEntry(ReadOnlySpan<byte> entry, Span<byte> hash)
    {
        var sha = Sha2.Start256();
        sha.Append(entry[..HashAt]);
        sha.Append(entry[HeaderSize..]);
        sha.Finish(hash);
    }

    // A line for each name: its kind, the name. They are for the reader of a debug log, so a profile that fills it with nonsense may lose
    // some.
    private static byte[] FormatNotes(CompiledFilter filter)
    {
        var text = new StringBuilder();
        foreach (string name in filter.UnknownArchitectures)
            text.Append('a').Append(name).Append('\n');
        foreach (string name in filter.UnknownSyscalls)
        {
            if (text.Length + name.Length < MaxNotes / 4 && !name.Contains('\n'))
                text.Append('s').Append(name).Append('\n');
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static CompiledFilter ParseNotes(byte[] program, ReadOnlySpan<byte> notes)
    {
        if (notes.IsEmpty)
            return new CompiledFilter(program, [], []);
        List<string> syscalls = [], architectures = [];
        foreach (string line in Encoding.UTF8.GetString(notes).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            (line[0] == 'a' ? architectures : syscalls).Add(line[1..]);
        return new CompiledFilter(program, syscalls, architectures);
    }

    private static void Trim(PrivateDirectory directory)
    {
        var files = directory.List();
        long now = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
        foreach (var (name, modified) in files)
        {
            if (name.StartsWith(PrivateDirectory.TemporaryPrefix, StringComparison.Ordinal) && now - modified > StaleAfter)
                directory.Remove(name);
        }
        files.RemoveAll(file => file.Name.Length != 2 * Sha2.HashSize256);
        if (files.Count <= MaxEntries)
            return;
        files.Sort((a, b) => a.Modified.CompareTo(b.Modified));
        foreach (var (name, _) in files[..^MaxEntries])
            directory.Remove(name);
    }

    private void Tell(string path, string? problem)
    {
        if (_diagnostics.DebugEnabled)
            _diagnostics.Debug($"seccomp: {path} is not used: {problem}");
    }
}
