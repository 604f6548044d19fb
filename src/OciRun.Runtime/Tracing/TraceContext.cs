namespace OciRun.Runtime.Tracing;

/// <summary>Where our work belongs in a trace that others have begun (W3C Trace Context, traceparent).</summary>
/// <param name="TraceId">32 hexadecimal digits.</param>
/// <param name="ParentId">The caller's span, 16 hexadecimal digits; null: nobody has begun one.</param>
/// <param name="Flags">trace-flags, two hexadecimal digits.</param>
public sealed record TraceContext(string TraceId, string? ParentId, string Flags)
{
    private const int Length = 55, TraceAt = 3, ParentAt = 36, FlagsAt = 53;

    /// <summary>From the caller's TRACEPARENT; one that is missing or wrong begins a trace of ours, as the recommendation has it.</summary>
    public static TraceContext From(string? header)
    {
        if (header is null || header.Length < Length || header[2] != '-' || header[35] != '-' || header[52] != '-')
        {
            return New();
        }

        string version = header[..2], trace = header[TraceAt..(TraceAt + 32)], parent = header[ParentAt..(ParentAt + 16)], flags = header[FlagsAt..Length];
        // A later version may say more behind a further dash; version ff is none.
        bool isKnown = IsHex(version) && version != "ff" && (header.Length == Length || (version != "00" && header[Length] == '-'));
        return isKnown && IsId(trace) && IsId(parent) && IsHex(flags) ? new TraceContext(trace, parent, flags) : New();
    }

    /// <summary>An id for a span of ours.</summary>
    internal static string NewSpanId()
    {
        string id = Guid.NewGuid().ToString("N")[..16];
        return IsId(id) ? id : NewSpanId();
    }

    /// <summary>For who works for a span of ours.</summary>
    internal string Header(string spanId) => $"00-{TraceId}-{spanId}-{Flags}";

    private static TraceContext New() => new(Guid.NewGuid().ToString("N"), null, "01");

    private static bool IsId(string text) => IsHex(text) && text.AsSpan().ContainsAnyExcept('0');

    /// <summary>In lower case, as the recommendation wants it.</summary>
    private static bool IsHex(string text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiHexDigitLower(c))
            {
                return false;
            }
        }

        return true;
    }
}
