namespace OciRun.Conformance.Clauses;

/// <summary>How much a clause asks for, by RFC 2119. REQUIRED and SHALL are MUST.</summary>
internal enum Level
{
    /// <summary>A permission: whoever does not use it is right as well.</summary>
    May,

    /// <summary>A recommendation.</summary>
    Should,

    /// <summary>A runtime that does otherwise is not compliant.</summary>
    Must,
}
