using System.Globalization;

namespace OciRun.Cli;

/// <summary>The variable SOURCE_DATE_EPOCH (reproducible-builds.org): when what is made is said to be made.</summary>
internal static class SourceDateEpoch
{
    private const string Variable = "SOURCE_DATE_EPOCH";

    // The years that RFC 3339 can write, and DateTime can have.
    private const long LastSecond = 253402300799;

    /// <summary>Seconds since 1970; null: it is unset or empty.</summary>
    internal static long? Read(string verb)
    {
        string? text = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) && seconds <= LastSecond
            ? seconds
            : throw Usage.Error(verb, $"{Variable} is no number of seconds since 1970: \"{text}\"");
    }
}
