namespace OciRun.Runtime.Planning;

/// <summary>Tokens of a JSON pointer, RFC 6901.</summary>
internal static class JsonPointer
{
    internal static string Escape(string token) => token.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
