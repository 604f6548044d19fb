using OciRun.Runtime.Criu;

namespace OciRun.Runtime.Tests.Criu;

/// <summary>The wire format, by the examples of the protocol buffers' own documentation ("Encoding").</summary>
public sealed class ProtobufTests
{
    private static string Hex(Action<ProtobufWriter> write)
    {
        var writer = new ProtobufWriter();
        write(writer);
        return Convert.ToHexString(writer.Written);
    }

    [Fact]
    public void Add_NumberTextAndMessage_AreAsDocumented()
    {
        Hex(static w => w.Add(1, 150)).Should().Be("089601");
        Hex(static w => w.Add(2, "testing")).Should().Be("120774657374696E67");
        Hex(static w => w.Add(3, [0x08, 0x96, 0x01])).Should().Be("1A03089601");
        Hex(static w => w.Add(4, false)).Should().Be("2000");
    }

    [Fact]
    public void Add_NegativeNumberAndHighField_TakeMoreBytes()
    {
        Hex(static w => w.Add(1, -2)).Should().Be("08FEFFFFFFFFFFFFFFFF01");
        Hex(static w => w.Add(64, 3)).Should().Be("800403");
    }

    [Fact]
    public void Add_MoreThanTheBuffer_IsKeptWhole()
    {
        var writer = new ProtobufWriter();
        for (int i = 0; i < 100; i++)
        {
            writer.Add(7, new string('x', 99));
        }

        writer.Written.Length.Should().Be(100 * 101);
    }

    [Fact]
    public void Next_WhatWasWritten_ComesBackInOrder()
    {
        var writer = new ProtobufWriter();
        writer.Add(1, -1);
        writer.Add(70, "é");
        var reader = new ProtobufReader(writer.Written);
        reader.Next().Should().BeTrue();
        (reader.Field, reader.Number).Should().Be((1, -1));
        reader.Next().Should().BeTrue();
        reader.Field.Should().Be(70);
        reader.Bytes.ToArray().Should().Equal(0xC3, 0xA9);
        reader.Next().Should().BeFalse();
    }

    [Theory]
    [InlineData("08")] // a tag without a value
    [InlineData("0A05616263")] // text that is cut off
    [InlineData("0B")] // a group, which nobody has used since 2008
    [InlineData("FFFFFFFFFFFFFFFFFFFFFF")] // a number without an end
    [InlineData("0AFFFFFFFFFFFFFFFFFF01")] // a length beyond all memory
    [InlineData("0D0102")] // four bytes that are two
    public void Next_NoMessage_Throws(string hex)
    {
        Action read = () =>
        {
            var reader = new ProtobufReader(Convert.FromHexString(hex));
            while (reader.Next())
            {
            }
        };
        read.Should().Throw<FormatException>();
    }
}
