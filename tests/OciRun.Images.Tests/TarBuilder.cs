using System.Buffers;
using System.Globalization;
using System.Text;
using OciRun.Linux;

namespace OciRun.Images.Tests;

/// <summary>Writes archives byte by byte, also those that no honest program writes. Names are raw: one char a byte.</summary>
internal sealed class TarBuilder
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    internal TarBuilder Directory(string name, uint mode = 0x1ED, long mtime = 1, uint? uid = null, uint? gid = null) => Entry('5', name, mode: mode, mtime: mtime, uid: uid, gid: gid);

    internal TarBuilder File(string name, string content = "", uint mode = 0x1A4, long mtime = 1, uint? uid = null, uint? gid = null) =>
        Entry('0', name, Encoding.Latin1.GetBytes(content), mode: mode, mtime: mtime, uid: uid, gid: gid);

    internal TarBuilder SymbolicLink(string name, string target) => Entry('2', name, target: target, mode: 0x1FF);

    internal TarBuilder HardLink(string name, string target) => Entry('1', name, target: target);

    internal TarBuilder Device(char type, string name, uint major, uint minor) => Entry(type, name, major: major, minor: minor);

    /// <summary>Records of the next entry, or with another type of the whole archive.</summary>
    internal TarBuilder Pax(char type, params (string Key, string Value)[] records)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in records)
        {
            int rest = key.Length + value.Length + 3, length = rest + 1;
            while (length != rest + length.ToString(CultureInfo.InvariantCulture).Length)
            {
                length = rest + length.ToString(CultureInfo.InvariantCulture).Length;
            }

            text.Append(CultureInfo.InvariantCulture, $"{length} {key}={value}\n");
        }

        return Entry(type, "PaxHeaders/x", Encoding.Latin1.GetBytes(text.ToString()));
    }

    internal TarBuilder Pax(params (string Key, string Value)[] records) => Pax('x', records);

    internal TarBuilder Entry(
        char type, string name, byte[]? data = null, string target = "", uint mode = 0x1A4, long mtime = 1, uint? uid = null, uint? gid = null,
        uint major = 0, uint minor = 0, long? size = null, Action<byte[]>? change = null, bool gnu = false, string prefix = "")
    {
        byte[] header = new byte[512];
        Put(header, 0, 100, name);
        Octal(header, 100, 8, mode);
        Octal(header, 108, 8, uid ?? Processes.EffectiveUid); // so that most tests need no root
        Octal(header, 116, 8, gid ?? Processes.EffectiveGid);
        Octal(header, 124, 12, size ?? data?.Length ?? 0);
        Octal(header, 136, 12, mtime);
        header[156] = (byte)type;
        Put(header, 157, 100, target);
        Put(header, 257, 8, gnu ? "ustar  \0" : "ustar\000");
        Octal(header, 329, 8, major);
        Octal(header, 337, 8, minor);
        Put(header, 345, 155, prefix);
        change?.Invoke(header);
        Sum(header);
        _bytes.Write(header);
        Data(data ?? []);
        return this;
    }

    internal TarBuilder Data(byte[] data)
    {
        _bytes.Write(data);
        _bytes.Write(new byte[-data.Length & 511]);
        return this;
    }

    internal TarBuilder Raw(byte[] bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    /// <summary>The archive with its end.</summary>
    internal byte[] Build() => [.. _bytes.WrittenSpan.ToArray(), .. new byte[1024]];

    /// <summary>The archive as far as it was written.</summary>
    internal byte[] Unended() => _bytes.WrittenSpan.ToArray();

    internal static void Sum(byte[] header)
    {
        header.AsSpan(148, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte value in header)
        {
            sum += value;
        }

        Octal(header, 148, 7, sum);
    }

    internal static void Octal(byte[] header, int at, int length, long value) =>
        Put(header, at, length, Convert.ToString(value, 8).PadLeft(length - 1, '0') + "\0");

    internal static void Put(byte[] header, int at, int length, string text) =>
        Encoding.Latin1.GetBytes(text.Length > length ? text[..length] : text).CopyTo(header, at);
}
