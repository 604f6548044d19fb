namespace OciRun.Spec.Reading;

/// <summary>Words for a syntax error: System.Text.Json has them only in its resources, which the trimmed executable does not
/// carry.</summary>
internal static class SyntaxFault
{
    /// <summary>What is wrong at a byte where the reader stopped.</summary>
    /// <param name="text">The document.</param>
    /// <param name="offset">Where the reader stopped; the length of the text at its end.</param>
    /// <param name="tooDeep">The reader stopped for the depth.</param>
    internal static string Describe(ReadOnlySpan<byte> text, int offset, bool tooDeep)
    {
        if (text.TrimEnd(" \t\r\n"u8).IsEmpty)
            return "the document is empty: expected a JSON object";
        if (offset >= text.TrimEnd(" \t\r\n"u8).Length)
            return "the document ends too early: a string, an object or an array is not closed";
        if (tooDeep)
            return "nested too deeply: at most 64 levels are read";
        string found = TextPosition.CharacterAt(text, offset);
        var before = text[..offset].TrimEnd(" \t\r\n"u8);
        byte previous = before.IsEmpty ? (byte)0 : before[^1];
        return (text[offset], previous) switch
        {
            ((byte)'}' or (byte)']', (byte)',') => $"unexpected {found}: JSON has no comma after the last entry",
            ((byte)'/' or (byte)'#', _) => $"unexpected {found}: JSON has no comments",
            ((byte)'\'', _) => $"unexpected {found}: JSON strings stand in double quotes",
            ( < 0x20, _) => $"unexpected {found}: a string cannot hold a line break or another control character; write \\n or \\u00XX",
            ((byte)'"', not ((byte)',' or (byte)'{' or (byte)'[' or (byte)':' or 0)) => $"unexpected {found}: a comma is missing before it",
            (_, (byte)'}' or (byte)']') => $"unexpected {found}: expected a comma, the end of the enclosing value, or the end of the document",
            _ => $"unexpected {found}: this is not JSON",
        };
    }
}
