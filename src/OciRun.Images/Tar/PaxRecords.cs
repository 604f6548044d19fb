using System.Buffers.Text;
using OciRun.Linux;

namespace OciRun.Images.Tar;

/// <summary>The records of PAX headers (POSIX pax, "extended header"): those of the whole archive, and over them those of one entry.</summary>
internal sealed class PaxRecords
{
    private const string AttributePrefix = "SCHILY.xattr.";

    private readonly Dictionary<string, byte[]> _values = [];

    /// <summary>GNU.sparse.offset and GNU.sparse.numbytes of format 0.0: the one case where a key stands more than once.</summary>
    internal List<SparsePart> SparseParts { get; } = [];

    /// <summary>Reads the content of a header over what is there.</summary>
    internal void Read(ReadOnlySpan<byte> text)
    {
        long offset = -1;
        while (text.Length > 0)
        {
            if (!Utf8Parser.TryParse(text, out int length, out int digits) || length <= digits + 2 || length > text.Length
                || text[digits] != ' ' || text[length - 1] != '\n')
            {
                throw new TarException("a PAX header is malformed");
            }

            ReadOnlySpan<byte> record = text[(digits + 1)..(length - 1)];
            text = text[length..];
            int equals = record.IndexOf((byte)'=');
            if (equals <= 0)
            {
                throw new TarException("a PAX record has no key");
            }

            string key = RawName.Of(record[..equals]);
            ReadOnlySpan<byte> value = record[(equals + 1)..];
            switch (key)
            {
                case "GNU.sparse.offset":
                    offset = TarNumbers.Decimal(value, key);
                    break;
                case "GNU.sparse.numbytes":
                    SparseParts.Add(new(offset, TarNumbers.Decimal(value, key)));
                    break;
                default:
                    _values[key] = value.ToArray();
                    break;
            }
        }
    }

    /// <summary>The last value; null when there is none. An empty one deletes what stood before, and so counts as none.</summary>
    internal byte[]? Find(string key) => _values.TryGetValue(key, out byte[]? value) && value.Length > 0 ? value : null;

    /// <summary>A path; null when there is none.</summary>
    internal string? Path(string key) => Find(key) is { } value ? RawName.Of(value) : null;

    /// <summary>A number; null when there is none.</summary>
    internal long? Number(string key) => Find(key) is { } value ? TarNumbers.Decimal(value, key) : null;

    /// <summary>The extended attributes, an empty value included: it is one.</summary>
    internal List<KeyValuePair<string, byte[]>> Attributes()
    {
        var found = new List<KeyValuePair<string, byte[]>>();
        foreach (var (key, value) in _values)
        {
            if (key.StartsWith(AttributePrefix, StringComparison.Ordinal) && key.Length > AttributePrefix.Length)
            {
                found.Add(new(key[AttributePrefix.Length..], value));
            }
        }

        return found;
    }

    /// <summary>Is there anything?</summary>
    internal bool IsEmpty => _values.Count == 0 && SparseParts.Count == 0;

    /// <summary>Forgets all.</summary>
    internal void Clear()
    {
        if (!IsEmpty)
        {
            _values.Clear();
            SparseParts.Clear();
        }
    }
}
