using System.Globalization;

namespace OciRun.Spec;

/// <summary>Lists of processors or memory nodes: <c>0-3,7</c> (config-linux.md, CPU; cpuset(7), List format, with the kernel's
/// <c>0-10:2/4</c>).</summary>
public static class CpuList
{
    /// <summary>Numbers are below: more than any kernel is built for.</summary>
    public const int Maximum = 65536;

    /// <summary>Reads a list.</summary>
    /// <param name="text">Null and empty are the empty list; spaces and empty entries are skipped, as the kernel does.</param>
    /// <param name="mask">Bit n of the words for number n, no longer than needed, as sched_setaffinity(2) and set_mempolicy(2) take
    /// it.</param>
    /// <returns>False when it is no such list, or holds a number of <see cref="Maximum"/> or more.</returns>
    public static bool TryParse(string? text, out ulong[] mask)
    {
        mask = [];
        var bits = new List<ulong>();
        foreach (var part in text.AsSpan().Split(','))
        {
            var entry = text.AsSpan(part).Trim();
            if (entry.Length == 0)
                continue;
            if (!TryParseEntry(entry, out int first, out int last, out int used, out int group))
                return false;
            for (int i = first; i <= last; i++)
            {
                if ((i - first) % group < used)
                    Set(bits, i);
            }
        }
        mask = bits.ToArray();
        return true;
    }

    private static void Set(List<ulong> bits, int number)
    {
        while (bits.Count <= number / 64)
            bits.Add(0);
        bits[number / 64] |= 1UL << (number % 64);
    }

    private static bool TryParseEntry(ReadOnlySpan<char> entry, out int first, out int last, out int used, out int group)
    {
        first = last = 0;
        used = group = 1;
        int colon = entry.IndexOf(':');
        if (colon >= 0)
        {
            var stride = entry[(colon + 1)..];
            int slash = stride.IndexOf('/');
            if (slash < 0 || !TryParseNumber(stride[..slash], out used) || !TryParseNumber(stride[(slash + 1)..], out group) || used == 0 || group < used)
                return false;
            entry = entry[..colon];
        }
        int dash = entry.IndexOf('-');
        if (dash < 0)
        {
            bool single = TryParseNumber(entry, out first);
            last = first;
            return single && colon < 0;
        }
        return TryParseNumber(entry[..dash].TrimEnd(), out first) && TryParseNumber(entry[(dash + 1)..].TrimStart(), out last) && first <= last;
    }

    private static bool TryParseNumber(ReadOnlySpan<char> text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < Maximum;
}
