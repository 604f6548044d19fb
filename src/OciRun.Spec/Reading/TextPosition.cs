using System.Text;

namespace OciRun.Spec.Reading;

/// <summary>Where a byte of a document is for somebody with an editor.</summary>
internal static class TextPosition
{
    /// <summary>Line and column of a byte, both from 1; the column counts characters (code points).</summary>
    internal static (int Line, int Column) Of(ReadOnlySpan<byte> text, long offset)
    {
        var before = text[..(int)Math.Clamp(offset, 0, text.Length)];
        int line = 1 + before.Count((byte)'\n');
        var start = before[(before.LastIndexOf((byte)'\n') + 1)..];
        int column = 1;
        foreach (byte b in start)
        {
            if ((b & 0xC0) != 0x80)
                column++;
        }
        return (line, column);
    }

    /// <summary>The byte where a line starts; the length of the text when there are fewer lines.</summary>
    /// <param name="text">The document.</param>
    /// <param name="line">From 0.</param>
    internal static int StartOfLine(ReadOnlySpan<byte> text, long line)
    {
        int offset = 0;
        for (; line > 0; line--)
        {
            int end = text[offset..].IndexOf((byte)'\n');
            if (end < 0)
                return text.Length;
            offset += end + 1;
        }
        return offset;
    }

    /// <summary>The character at a byte, as text for a message.</summary>
    internal static string CharacterAt(ReadOnlySpan<byte> text, int offset) =>
        Rune.DecodeFromUtf8(text[offset..], out var rune, out _) == System.Buffers.OperationStatus.Done
            ? Words.Quote(rune.ToString())
            : $"the byte 0x{text[offset]:x2}";
}
