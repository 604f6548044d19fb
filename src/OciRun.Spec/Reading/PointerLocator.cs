using System.Globalization;
using System.Text.Json;

namespace OciRun.Spec.Reading;

/// <summary>Finds the byte where the value of a JSON pointer starts.</summary>
internal static class PointerLocator
{
    /// <summary>The start of the value, or of the nearest enclosing one that exists.</summary>
    internal static long Find(ReadOnlySpan<byte> text, string pointer)
    {
        var reader = new Utf8JsonReader(text);
        long found = 0;
        try
        {
            reader.Read();
            found = reader.TokenStartIndex;
            foreach (var range in pointer.AsSpan().Split('/'))
            {
                // The empty text before the first slash.
                if (range.End.GetOffset(pointer.Length) == 0)
                    continue;
                string segment = pointer[range].Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
                if (!Enter(ref reader, segment))
                    break;
                found = reader.TokenStartIndex;
            }
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // Broken text behind the last place that was found: that place is the best answer there is.
        }
        return found;
    }

    private static bool Enter(ref Utf8JsonReader reader, string segment)
    {
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool match = reader.ValueTextEquals(segment);
                reader.Read();
                if (match)
                    return true;
                reader.Skip();
            }
            return false;
        }
        if (reader.TokenType != JsonTokenType.StartArray || !int.TryParse(segment, NumberStyles.None, CultureInfo.InvariantCulture, out int index))
            return false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (index-- == 0)
                return true;
            reader.Skip();
        }
        return false;
    }
}
