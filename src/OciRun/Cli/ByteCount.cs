using System.Globalization;

namespace OciRun.Cli;

/// <summary>A number of bytes on the command line: <c>1048576</c>, <c>64m</c>, <c>1GiB</c>; powers of 1024, as runc and engines take it.</summary>
internal static class ByteCount
{
    /// <summary>Above 0; throws what the user did wrong.</summary>
    internal static long Parse(Invocation call, CommandOption option, string text) =>
        TryParse(text, out long bytes) ? bytes : throw Usage.Error(call.Verb.Name, $"invalid value \"{text}\" for {option.Name}: it is a number of bytes, or of k, m, g");

    /// <summary>The same where -1 lifts the limit.</summary>
    internal static long ParseLimit(Invocation call, CommandOption option, string text) => text == "-1" ? -1 : Parse(call, option, text);

    private static bool TryParse(string text, out long bytes)
    {
        ReadOnlySpan<char> digits = text.AsSpan().Trim();
        digits = digits.EndsWith("ib", StringComparison.OrdinalIgnoreCase) ? digits[..^2] : digits.TrimEnd("bB");
        int unit = digits.Length > 0 ? "kmgt".IndexOf(char.ToLowerInvariant(digits[^1]), StringComparison.Ordinal) : -1;
        int shift = 10 * (unit + 1);
        digits = unit < 0 ? digits : digits[..^1].TrimEnd(' ');
        bool isNumber = long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out bytes) && bytes > 0 && bytes <= long.MaxValue >> shift;
        bytes <<= shift;
        return isNumber;
    }
}
