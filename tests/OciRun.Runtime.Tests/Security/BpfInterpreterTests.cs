using System.Runtime.InteropServices;
using OciRun.Runtime.Security;
using static OciRun.Runtime.Tests.Security.Profiles;

namespace OciRun.Runtime.Tests.Security;

/// <summary>The interpreter of filters: each operation that the kernel takes, by what filter.rst says of it. What libseccomp makes is compared with the kernel elsewhere.</summary>
public sealed class BpfInterpreterTests
{
    private const ushort ReturnA = 0x16, LoadImmediate = 0x00, LoadX = 0x01;

    [Theory]
    [InlineData(0x04, 7u, 5u, 12u)] // add
    [InlineData(0x14, 5u, 7u, 0xfffffffeu)] // sub
    [InlineData(0x24, 0x10000u, 0x10001u, 0x10000u)] // mul
    [InlineData(0x34, 17u, 5u, 3u)] // div
    [InlineData(0x44, 0xf0u, 0x0fu, 0xffu)] // or
    [InlineData(0x54, 0xf3u, 0x0fu, 0x03u)] // and
    [InlineData(0x64, 1u, 31u, 0x80000000u)] // lsh
    [InlineData(0x74, 0x80000000u, 31u, 1u)] // rsh
    [InlineData(0xa4, 0xffu, 0x0fu, 0xf0u)] // xor
    public void Run_Arithmetic_WithConstantAndWithX(ushort code, uint a, uint operand, uint expected)
    {
        Run(new(LoadImmediate, 0, 0, a), new(code, 0, 0, operand), new(ReturnA, 0, 0, 0)).Should().Be(expected);
        Run(new(LoadImmediate, 0, 0, a), new(LoadX, 0, 0, operand), new((ushort)(code | 0x08), 0, 0, 99), new(ReturnA, 0, 0, 0)).Should().Be(expected);
    }

    [Theory]
    [InlineData(0x15, 5u, 5u, true)] // jeq
    [InlineData(0x15, 5u, 6u, false)]
    [InlineData(0x25, 6u, 5u, true)] // jgt
    [InlineData(0x25, 5u, 5u, false)]
    [InlineData(0x25, 0x80000000u, 1u, true)] // unsigned
    [InlineData(0x35, 5u, 5u, true)] // jge
    [InlineData(0x35, 4u, 5u, false)]
    [InlineData(0x45, 6u, 2u, true)] // jset
    [InlineData(0x45, 5u, 2u, false)]
    public void Run_Jump_WithConstantAndWithX(ushort code, uint a, uint operand, bool isTaken)
    {
        BpfInstruction[] ends = [new(BpfInstruction.Return, 0, 0, 1), new(BpfInstruction.Return, 0, 0, 2), new(BpfInstruction.Return, 0, 0, 3)];
        Run([new(LoadImmediate, 0, 0, a), new(code, 2, 1, operand), .. ends]).Should().Be(isTaken ? 3u : 2u);
        Run([new(LoadImmediate, 0, 0, a), new(LoadX, 0, 0, operand), new((ushort)(code | 0x08), 2, 1, 0), .. ends]).Should().Be(isTaken ? 3u : 2u);
    }

    [Fact]
    public void Run_MemoryRegistersLengthNegation()
    {
        Run(new(LoadImmediate, 0, 0, 5), new(0x02, 0, 0, 15), new(LoadImmediate, 0, 0, 1), new(0x60, 0, 0, 15), new(ReturnA, 0, 0, 0)).Should().Be(5, "st, ld M");
        Run(new(LoadX, 0, 0, 6), new(0x03, 0, 0, 0), new(LoadX, 0, 0, 1), new(0x61, 0, 0, 0), new(0x87, 0, 0, 0), new(ReturnA, 0, 0, 0)).Should().Be(6, "stx, ldx M, txa");
        Run(new(LoadImmediate, 0, 0, 7), new(0x07, 0, 0, 0), new(LoadImmediate, 0, 0, 0), new(0x87, 0, 0, 0), new(ReturnA, 0, 0, 0)).Should().Be(7, "tax, txa");
        Run(new(0x80, 0, 0, 0), new(ReturnA, 0, 0, 0)).Should().Be(64, "the length is that of struct seccomp_data");
        Run(new(LoadImmediate, 0, 0, 1), new(0x84, 0, 0, 0), new(ReturnA, 0, 0, 0)).Should().Be(uint.MaxValue, "neg");
        Run(new(LoadImmediate, 0, 0, 1), new(0x3c, 0, 0, 0), new(BpfInstruction.Return, 0, 0, 9)).Should().Be(0, "a division by an X of zero ends the program with 0");
    }

    [Fact]
    public void Run_Load_IsAWordOfTheCall()
    {
        var data = new SeccompData(1, 2, 0x1111111122222222, 0, 0, 0, 0, 0x3333333344444444) { InstructionPointer = 0x5555555566666666 };
        uint Word(uint offset) => BpfInterpreter.Run(Program(new(BpfInstruction.Load, 0, 0, offset), new(ReturnA, 0, 0, 0)), data);
        Assert.SkipUnless(BitConverter.IsLittleEndian, "the offsets in this test are those of a little-endian machine");
        new[] { Word(0), Word(4), Word(8), Word(12), Word(16), Word(20), Word(56), Word(60) }
            .Should().Equal(1, 2, 0x66666666, 0x55555555, 0x22222222, 0x11111111, 0x44444444, 0x33333333);
    }

    [Fact]
    public void Flow_PartOfACall_ReachesWhatItMay()
    {
        Machine.RequireX86_64();
        var program = Compile(Profile("SCMP_ACT_ALLOW", Rule("SCMP_ACT_ERRNO", "personality").Where((0, "SCMP_CMP_EQ", 8, 0)).Returning(5)).On("SCMP_ARCH_X86_64", "SCMP_ARCH_X86")).Program;
        BpfFlow.Actions(program, new(Bpf.X86_64, 135, 8)).Should().Equal(Bpf.Errno(5));
        BpfFlow.Actions(program, new(Bpf.X86_64, 135, 9)).Should().Equal(Bpf.Allow);
        BpfFlow.Actions(program, new(Bpf.X86_64, 135)).Should().BeEquivalentTo([Bpf.Errno(5), Bpf.Allow]);
        BpfFlow.Actions(program, new(Bpf.X86_64, 136)).Should().Equal(Bpf.Allow);
        BpfFlow.Actions(program, new(Bpf.Aarch64, 136)).Should().Equal(Bpf.Kill);
        BpfListing.Of(program, new(Bpf.I386)).Should().OnlyContain(line => line.Remark != "x32").And.Contain(line => line.Text.StartsWith("jeq #0x88,") && line.Remark == "personality");
        BpfListing.Of(program, new((uint?)null)).Should().HaveCountGreaterThan(BpfListing.Of(program, new(Bpf.I386)).Count);
    }

    private static byte[] Program(params BpfInstruction[] instructions)
    {
        byte[] program = MemoryMarshal.AsBytes(instructions.AsSpan()).ToArray();
        BpfProgram.IsWellFormed(program).Should().BeTrue();
        return program;
    }

    private static uint Run(params BpfInstruction[] instructions) => BpfInterpreter.Run(Program(instructions), new SeccompData(0, 0));
}
