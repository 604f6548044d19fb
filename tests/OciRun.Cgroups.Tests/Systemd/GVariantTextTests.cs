using OciRun.Cgroups.Systemd;

namespace OciRun.Cgroups.Tests.Systemd;

public sealed class GVariantTextTests
{
    /// <summary>Type and content, as gvariant-print has them with annotations.</summary>
    private static string? Print(string text) => GVariantText.TryParse(text) is { } value ? value.Signature + " " + Print(value) : null;

    private static string Print(BusValue value) => value.Signature[0] switch
    {
        's' or 'o' or 'g' => "'" + value.Text + "'",
        'd' => BitConverter.UInt64BitsToDouble(value.Bits).ToString(System.Globalization.CultureInfo.InvariantCulture),
        'i' or 'n' or 'x' => ((long)value.Bits).ToString(System.Globalization.CultureInfo.InvariantCulture),
        'a' or '(' or '{' or 'v' => "[" + string.Join(", ", value.Items.Select(Print)) + "]",
        _ => value.Bits.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };

    [Theory]
    [InlineData("true", "b 1")]
    [InlineData(" false ", "b 0")]
    [InlineData("7", "i 7")]
    [InlineData("-7", "i -7")]
    [InlineData("+7", "i 7")]
    [InlineData("0x1f", "i 31")]
    [InlineData("017", "i 15")]
    [InlineData("uint64 18446744073709551615", "t 18446744073709551615")]
    [InlineData("int64 -9223372036854775808", "x -9223372036854775808")]
    [InlineData("uint32 5000000", "u 5000000")]
    [InlineData("byte 255", "y 255")]
    [InlineData("int16 -32768", "n -32768")]
    [InlineData("@t 5", "t 5")]
    [InlineData("1.5", "d 1.5")]
    [InlineData("1e3", "d 1000")]
    [InlineData("double 2", "d 2")]
    [InlineData("'inactive-or-failed'", "s 'inactive-or-failed'")]
    [InlineData("\"it's\"", "s 'it's'")]
    [InlineData("'it\\'s \\u00e9'", "s 'it's é'")]
    [InlineData("objectpath '/a'", "o '/a'")]
    [InlineData("['a', 'b']", "as ['a', 'b']")]
    [InlineData("@as []", "as []")]
    [InlineData("[uint64 1, 2]", "at [1, 2]")]
    [InlineData("[('/dev/x', 'rw')]", "a(ss) [['/dev/x', 'rw']]")]
    [InlineData("@a(st) [('/dev/sda', 100)]", "a(st) [['/dev/sda', 100]]")]
    [InlineData("(1,)", "(i) [1]")]
    [InlineData("(true, ['a'])", "(bas) [1, ['a']]")]
    [InlineData("{'a': <1>}", "a{sv} [['a', [1]]]")]
    [InlineData("b'ab'", "ay [97, 98, 0]")]
    public void TryParse_Values_HaveTheirTypes(string text, string expected) => Print(text).Should().Be(expected);

    [Theory]
    [InlineData("")]
    [InlineData("yes")]
    [InlineData("7 8")]
    [InlineData("'a")]
    [InlineData("'a\\")]
    [InlineData("'\\u12'")]
    [InlineData("[]")]
    [InlineData("[1, 'a']")]
    [InlineData("[1 2]")]
    [InlineData("()")]
    [InlineData("int32 2147483648")]
    [InlineData("int32 -2147483649")]
    [InlineData("uint32 -1")]
    [InlineData("byte 256")]
    [InlineData("0x")]
    [InlineData("08")]
    [InlineData("@z 1")]
    [InlineData("@as 1")]
    [InlineData("@t 'a'")]
    [InlineData("uint64")]
    [InlineData("uint64 true")]
    [InlineData("{'a'}")]
    [InlineData("{['a']: 1}")]
    [InlineData("<1")]
    public void TryParse_OtherText_IsNone(string text) => GVariantText.TryParse(text).Should().BeNull();

    [Fact]
    public void TryParse_DeepNesting_EndsWithoutOverflow() => GVariantText.TryParse(new string('[', 100_000)).Should().BeNull();

    [Fact]
    public void TryParse_DeepType_EndsWithoutOverflow() => GVariantText.TryParse("@" + new string('a', 1_000_000) + "y []").Should().BeNull();
}
