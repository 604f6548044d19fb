using System.Globalization;
using System.Text;

namespace OciRun.Cgroups.Systemd;

/// <summary>
/// Reads values in the text format of GVariant (docs.gtk.org/glib/gvariant-text-format.html), in which annotations give properties to systemd: <c>true</c>, <c>'text'</c>,
/// <c>7</c> (int32), <c>uint64 7</c>, <c>1.5</c>, <c>['a', 'b']</c>, <c>@as []</c>, <c>('/dev/x', 'rw')</c>, <c>{'k': 1}</c>, <c>b'bytes'</c>, <c>&lt;variant&gt;</c>. No maybe types:
/// D-Bus has none.
/// </summary>
internal sealed class GVariantText
{
    private const int MaxDepth = 32;
    private const string Basic = "ybnqiuxtdsog";

    private readonly string _text;
    private int _at;
    private int _depth;

    private GVariantText(string text) => _text = text;

    /// <summary>Null: it is none.</summary>
    internal static BusValue? TryParse(string text)
    {
        var parser = new GVariantText(text);
        try
        {
            var value = parser.Value(null);
            parser.SkipSpace();
            return parser._at == text.Length ? value : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <param name="type">What it has to be; null: what it looks like.</param>
    private BusValue Value(string? type)
    {
        if (++_depth > MaxDepth)
        {
            throw new FormatException();
        }
        SkipSpace();
        var value = Peek() switch
        {
            '\'' or '"' => Text(type ?? "s"),
            '[' => Array(type),
            '(' => Struct(type),
            '{' => Dictionary(type),
            '<' => Variant(type),
            '@' => Typed(type),
            'b' when _at + 1 < _text.Length && _text[_at + 1] is '\'' or '"' => ByteString(),
            >= 'a' and <= 'z' => Word(type),
            _ => Number(type),
        };
        _depth--;
        return type is null || value.Signature == type ? value : throw new FormatException();
    }

    /// <summary><c>@as ['a']</c>.</summary>
    private BusValue Typed(string? type)
    {
        var start = ++_at;
        SkipType();
        var own = _text[start.._at];
        return type is null || type == own ? Value(own) : throw new FormatException();
    }

    /// <summary>true, false, or the name of a type before a value.</summary>
    private BusValue Word(string? type)
    {
        var start = _at;
        while (_at < _text.Length && char.IsAsciiLetterOrDigit(_text[_at]))
        {
            _at++;
        }
        var word = _text[start.._at];
        if (word is "true" or "false")
        {
            return BusValue.Of(word == "true");
        }
        if (word is "inf" or "nan")
        {
            _at = start;
            return Number(type);
        }
        return Value(word switch
        {
            "boolean" => "b",
            "byte" => "y",
            "int16" => "n",
            "uint16" => "q",
            "int32" => "i",
            "uint32" => "u",
            "int64" => "x",
            "uint64" => "t",
            "double" => "d",
            "string" => "s",
            "objectpath" => "o",
            "signature" => "g",
            _ => throw new FormatException(),
        });
    }

    private BusValue Number(string? type)
    {
        var start = _at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '+' or '-' or '.'))
        {
            _at++;
        }
        var word = _text.AsSpan(start.._at);
        var negative = word.StartsWith('-');
        var digits = word.TrimStart(negative ? '-' : '+');
        var isHex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (type == "d" || (type is null && !isHex && !digits.TrimEnd("0123456789").IsEmpty))
        {
            return double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var real)
                ? BusValue.Number('d', BitConverter.DoubleToUInt64Bits(real))
                : throw new FormatException();
        }
        if (!TryUnsigned(digits, isHex, out var bits))
        {
            throw new FormatException();
        }
        var kind = type is { Length: 1 } ? type[0] : 'i';
        var size = kind switch { 'y' => 8, 'n' or 'q' => 16, 'i' or 'u' => 32, 'x' or 't' => 64, _ => throw new FormatException() };
        var isSigned = kind is 'n' or 'i' or 'x';
        var highest = ulong.MaxValue >> (64 - size + (isSigned ? 1 : 0));
        var lowest = isSigned ? highest + 1 : 0;
        return bits <= (negative ? lowest : highest) ? BusValue.Number(kind, negative ? 0 - bits : bits) : throw new FormatException();
    }

    /// <summary>As C has them: 0x of base 16, 0 of base 8.</summary>
    private static bool TryUnsigned(ReadOnlySpan<char> digits, bool isHex, out ulong bits)
    {
        if (isHex)
        {
            return ulong.TryParse(digits[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bits);
        }
        if (digits.Length < 2 || digits[0] != '0')
        {
            return ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out bits);
        }
        bits = 0;
        foreach (var digit in digits)
        {
            if (digit is < '0' or > '7' || bits >> 61 != 0)
            {
                return false;
            }
            bits = (bits * 8) + (uint)(digit - '0');
        }
        return true;
    }

    private BusValue Text(string type) => type is "s" or "o" or "g" ? BusValue.Of(Quoted(), type[0]) : throw new FormatException();

    private BusValue ByteString()
    {
        _at++;
        var bytes = Encoding.UTF8.GetBytes(Quoted());
        return BusValue.Bytes([.. bytes, 0]);
    }

    private string Quoted()
    {
        var quote = _text[_at++];
        var text = new StringBuilder();
        while (Peek() != quote)
        {
            var letter = _text[_at++];
            text.Append(letter == '\\' ? Escaped() : letter.ToString());
        }
        _at++;
        return text.ToString().Contains('\0', StringComparison.Ordinal) ? throw new FormatException() : text.ToString();
    }

    private string Escaped()
    {
        var letter = Peek();
        _at++;
        var digits = letter switch { 'u' => 4, 'U' => 8, _ => 0 };
        if (digits == 0)
        {
            return letter switch { 'a' => "\a", 'b' => "\b", 'f' => "\f", 'n' => "\n", 'r' => "\r", 't' => "\t", 'v' => "\v", _ => letter.ToString() };
        }
        if (_at + digits > _text.Length
            || !int.TryParse(_text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
            || !Rune.IsValid(code))
        {
            throw new FormatException();
        }
        _at += digits;
        return new Rune(code).ToString();
    }

    private BusValue Array(string? type)
    {
        if (type is not null && type[0] != 'a')
        {
            throw new FormatException();
        }
        var item = type?[1..];
        var items = new List<BusValue>();
        for (var more = Opens(']'); more; more = Continues(']'))
        {
            items.Add(Value(item));
            item ??= items[0].Signature;
        }
        return BusValue.Array(item ?? throw new FormatException(), items); // what an empty array is of cannot be seen
    }

    private BusValue Struct(string? type)
    {
        var items = new List<BusValue>();
        for (var more = Opens(')'); more; more = Continues(')'))
        {
            items.Add(Value(Member(type, items)));
        }
        return items.Count > 0 ? BusValue.Struct(items) : throw new FormatException(); // D-Bus has no empty one
    }

    /// <summary>The type of the next member of a structure.</summary>
    private static string? Member(string? type, List<BusValue> before)
    {
        if (type is null)
        {
            return null;
        }
        var start = 1 + BusValue.Signatures(before).Length;
        var parser = new GVariantText(type) { _at = start };
        parser.SkipType();
        return type[start..parser._at];
    }

    private BusValue Dictionary(string? type)
    {
        if (type is not null && !type.StartsWith("a{", StringComparison.Ordinal))
        {
            throw new FormatException();
        }
        var (keyType, valueType) = type is null ? (null, null) : (type[2..3], type[3..^1]);
        var items = new List<BusValue>();
        for (var more = Opens('}'); more; more = Continues('}'))
        {
            var key = Value(keyType);
            if (!Basic.Contains(key.Signature, StringComparison.Ordinal) || !Passes(':'))
            {
                throw new FormatException();
            }
            var value = Value(valueType);
            (keyType, valueType) = (key.Signature, value.Signature);
            items.Add(BusValue.Entry(key, value));
        }
        return keyType is null ? throw new FormatException() : BusValue.Array("{" + keyType + valueType + "}", items);
    }

    private BusValue Variant(string? type)
    {
        _at++;
        var value = BusValue.Variant(Value(null));
        return type is null or "v" && Passes('>') ? value : throw new FormatException();
    }

    /// <summary>Goes beyond the opening bracket; false when the closing one follows.</summary>
    private bool Opens(char close)
    {
        _at++;
        return !Passes(close);
    }

    /// <summary>Behind an item: true after a comma, false after the closing bracket. A tuple of one has a comma before it.</summary>
    private bool Continues(char close)
    {
        var comma = Passes(',');
        return !Passes(close) && (comma ? true : throw new FormatException());
    }

    private bool Passes(char letter)
    {
        SkipSpace();
        if (_at >= _text.Length || _text[_at] != letter)
        {
            return false;
        }
        _at++;
        return true;
    }

    /// <summary>Goes beyond one complete type.</summary>
    private void SkipType()
    {
        var letter = Peek();
        _at++;
        if (++_depth > MaxDepth)
        {
            throw new FormatException();
        }
        if (letter == 'a')
        {
            SkipType();
        }
        else if (letter is '(' or '{')
        {
            var close = letter == '(' ? ')' : '}';
            while (Peek() != close)
            {
                SkipType();
            }
            _at++;
        }
        else if (letter != 'v' && !Basic.Contains(letter, StringComparison.Ordinal))
        {
            throw new FormatException();
        }
        _depth--;
    }

    private char Peek() => _at < _text.Length ? _text[_at] : throw new FormatException();

    private void SkipSpace()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }
    }
}
