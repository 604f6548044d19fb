namespace OciRun.Cgroups.Systemd;

/// <summary>A value with its D-Bus type (D-Bus specification, "Type System"); what structures, arrays and variants hold is in <see cref="Items"/>.</summary>
internal sealed class BusValue
{
    private BusValue(string signature, ulong bits, string text, IReadOnlyList<BusValue> items) => (Signature, Bits, Text, Items) = (signature, bits, text, items);

    /// <summary>The type: <c>s</c>, <c>t</c>, <c>a(ss)</c>, ...</summary>
    internal string Signature { get; }

    /// <summary>Of numbers and booleans, in two's complement; of <c>d</c> the bits of the number.</summary>
    internal ulong Bits { get; }

    /// <summary>Of <c>s</c>, <c>o</c> and <c>g</c>.</summary>
    internal string Text { get; }

    internal IReadOnlyList<BusValue> Items { get; }

    internal static BusValue Number(char type, ulong bits) => new(type.ToString(), bits, "", []);

    internal static BusValue Of(bool value) => Number('b', value ? 1UL : 0);

    internal static BusValue Of(ulong value) => Number('t', value);

    internal static BusValue Of(string text, char type = 's') => new(type.ToString(), 0, text, []);

    internal static BusValue Variant(BusValue value) => new("v", 0, "", [value]);

    internal static BusValue Array(string itemSignature, IReadOnlyList<BusValue> items) => new("a" + itemSignature, 0, "", items);

    internal static BusValue Struct(params IReadOnlyList<BusValue> items) => new("(" + Signatures(items) + ")", 0, "", items);

    /// <summary>An entry of a dictionary, which is an array of these.</summary>
    internal static BusValue Entry(BusValue key, BusValue value) => new("{" + key.Signature + value.Signature + "}", 0, "", [key, value]);

    internal static BusValue Bytes(ReadOnlySpan<byte> bytes)
    {
        var items = new BusValue[bytes.Length];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = Number('y', bytes[i]);
        }
        return Array("y", items);
    }

    /// <summary>Same type and same content.</summary>
    internal bool Matches(BusValue other)
    {
        var same = Signature == other.Signature && Bits == other.Bits && Text == other.Text && Items.Count == other.Items.Count;
        for (var i = 0; same && i < Items.Count; i++)
        {
            same = Items[i].Matches(other.Items[i]);
        }
        return same;
    }

    internal static string Signatures(IReadOnlyList<BusValue> values)
    {
        var text = "";
        foreach (var value in values)
        {
            text += value.Signature;
        }
        return text;
    }
}
