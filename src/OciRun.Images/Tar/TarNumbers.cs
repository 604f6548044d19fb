using System.Buffers.Binary;
using System.Buffers.Text;
using OciRun.Linux;

namespace OciRun.Images.Tar;

/// <summary>Numbers as archives have them.</summary>
internal static class TarNumbers
{
    /// <summary>A field of a header: octal, ended by space or NUL; or GNU's base 256, when the first bit is set.</summary>
    internal static long Field(ReadOnlySpan<byte> field, string what)
    {
        if ((field[0] & 0x80) != 0)
        {
            return Base256(field, what);
        }

        long value = 0;
        int at = 0;
        while (at < field.Length && field[at] == ' ')
        {
            at++;
        }

        for (; at < field.Length && field[at] is >= (byte)'0' and <= (byte)'7'; at++)
        {
            value = (value << 3) + (field[at] - '0'); // at most 12 digits: 36 bits
        }

        return at == field.Length || field[at] is 0 or (byte)' ' ? value : throw new TarException($"the {what} of an entry is no number");
    }

    /// <summary>A decimal number of a PAX record, not negative.</summary>
    internal static long Decimal(ReadOnlySpan<byte> text, string what) =>
        Utf8Parser.TryParse(text, out long value, out int used) && used == text.Length && value >= 0
            ? value
            : throw new TarException($"the PAX record {what} is no number");

    /// <summary>Seconds with a fraction, as PAX has times; digits beyond the nanosecond are cut.</summary>
    internal static FileTime Time(ReadOnlySpan<byte> text, string what)
    {
        bool negative = text.Length > 0 && text[0] == '-';
        text = negative ? text[1..] : text;
        int dot = text.IndexOf((byte)'.');
        ReadOnlySpan<byte> whole = dot < 0 ? text : text[..dot], fraction = dot < 0 ? [] : text[(dot + 1)..];
        if (!Utf8Parser.TryParse(whole, out ulong seconds, out int used) || used != whole.Length || seconds > long.MaxValue)
        {
            throw new TarException($"the PAX record {what} is no time");
        }

        long nanoseconds = 0;
        for (int i = 0; i < 9; i++)
        {
            int digit = i < fraction.Length ? fraction[i] - '0' : 0;
            nanoseconds = digit is >= 0 and <= 9 ? nanoseconds * 10 + digit : throw new TarException($"the PAX record {what} is no time");
        }

        return !negative ? new((long)seconds, nanoseconds)
            : nanoseconds == 0 ? new(-(long)seconds, 0) : new(-(long)seconds - 1, 1_000_000_000 - nanoseconds);
    }

    private static long Base256(ReadOnlySpan<byte> field, string what)
    {
        // Two's complement over the field without its first bit; 8 bytes are enough for all that can be meant.
        bool negative = (field[0] & 0x40) != 0;
        int high = field.Length - 8;
        for (int i = 0; i < high; i++)
        {
            int digit = i == 0 ? (negative ? field[0] : field[0] & 0x7f) : field[i];
            if (digit != (negative ? 0xff : 0))
            {
                throw new TarException($"the {what} of an entry is too large");
            }
        }

        ulong value = BinaryPrimitives.ReadUInt64BigEndian(field[high..]);
        if (high == 0)
        {
            value = negative ? value : value & ~(1ul << 63);
        }

        long result = (long)value;
        return result < 0 == negative ? result : throw new TarException($"the {what} of an entry is too large");
    }
}
