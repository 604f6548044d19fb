using System.Text;

namespace OciRun.Linux;

/// <summary>
/// Names of files as they are: bytes. They need not be UTF-8, so a raw name is a string with one char for each byte (ISO 8859-1), which can be compared, cut
/// and looked up like any other and loses nothing. <see cref="TreeFiles"/> takes and gives such strings; nothing else does.
/// </summary>
public static class RawName
{
    /// <summary>The raw name of these bytes.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    /// <summary>The raw name of an ordinary string, in UTF-8.</summary>
    public static string FromText(string text) => Ascii.IsValid(text) ? text : Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    /// <summary>The bytes of a raw name.</summary>
    public static byte[] Bytes(string raw) => Encoding.Latin1.GetBytes(raw);

    /// <summary>For people: read as UTF-8, what is none replaced.</summary>
    public static string ToText(string raw) => Ascii.IsValid(raw) ? raw : Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(raw));

    /// <summary>For messages: in quotes, escaped.</summary>
    public static string Quote(string raw) => Quoting.Quote(ToText(raw));
}
