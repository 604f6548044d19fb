using System.Globalization;

namespace OciRun.Spec;

/// <summary>Signals by name and number (signal(7), as x86-64, arm64 and riscv64 number them).</summary>
public static class SignalNames
{
    /// <summary>The first real-time signal that glibc leaves to programs.</summary>
    public const int RealTimeFirst = 34;

    /// <summary>The last signal.</summary>
    public const int Last = 64;

    private static readonly string?[] s_names =
    [
        null, "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD",
        "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary>The signal that a word stands for.</summary>
    /// <param name="text">
    /// A number from 1 to 64, or a name with or without <c>SIG</c> in any case; real-time signals as <c>SIGRTMIN</c>, <c>SIGRTMIN+3</c>
    /// (what podman sends to systemd), <c>SIGRTMAX-1</c>. 0 (a probe) and anything with a leading sign are refused: <c>kill ID -9</c> is an
    /// option, not a signal.
    /// </param>
    /// <param name="number">The signal's number.</param>
    /// <returns>False for a word that stands for no signal.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out int number)
    {
        if (text.Length > 0 && char.IsAsciiDigit(text[0]))
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number is >= 1 and <= Last;

        if (text.StartsWith("SIG", StringComparison.OrdinalIgnoreCase))
            text = text[3..];
        if (text.StartsWith("RT", StringComparison.OrdinalIgnoreCase))
            return TryParseRealTime(text, out number);
        for (number = 1; number < s_names.Length; number++)
        {
            if (text.Equals(s_names[number], StringComparison.OrdinalIgnoreCase))
                return true;
        }
        number = Alias(text);
        return number != 0;
    }

    /// <summary>The name of a signal with <c>SIG</c>; real-time ones as <c>SIGRTMIN+n</c>; null for a number that is none.</summary>
    /// <param name="number">The signal's number.</param>
    public static string? GetName(int number) => number switch
    {
        >= 1 and <= 31 => "SIG" + s_names[number],
        RealTimeFirst => "SIGRTMIN",
        > RealTimeFirst and < Last => "SIGRTMIN+" + (number - RealTimeFirst).ToString(CultureInfo.InvariantCulture),
        Last => "SIGRTMAX",
        _ => null,
    };

    private static int Alias(ReadOnlySpan<char> name) => name switch
    {
        _ when name.Equals("IOT", StringComparison.OrdinalIgnoreCase) => 6,
        _ when name.Equals("CLD", StringComparison.OrdinalIgnoreCase) => 17,
        _ when name.Equals("POLL", StringComparison.OrdinalIgnoreCase) => 29,
        _ => 0,
    };

    private static bool TryParseRealTime(ReadOnlySpan<char> text, out int number)
    {
        number = 0;
        bool fromFirst = text.StartsWith("RTMIN", StringComparison.OrdinalIgnoreCase);
        if (!fromFirst && !text.StartsWith("RTMAX", StringComparison.OrdinalIgnoreCase))
            return false;
        text = text[5..];
        int offset = 0;
        if (text.Length > 0)
        {
            if (text[0] != (fromFirst ? '+' : '-')
                || !int.TryParse(text[1..], NumberStyles.None, CultureInfo.InvariantCulture, out offset)
                || offset > Last - RealTimeFirst)
                return false;
        }
        number = fromFirst ? RealTimeFirst + offset : Last - offset;
        return true;
    }
}
