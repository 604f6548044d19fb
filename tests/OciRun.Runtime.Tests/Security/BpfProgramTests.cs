using System.Runtime.InteropServices;
using OciRun.Runtime.Security;

namespace OciRun.Runtime.Tests.Security;

public sealed class BpfProgramTests
{
    private static readonly BpfInstruction s_return = new(BpfInstruction.Return, 0, 0, Bpf.Allow);

    [Theory]
    [InlineData(0x20, 0, 0, 0, true)]
    [InlineData(0x20, 0, 0, 60, true)]
    [InlineData(0x20, 0, 0, 64, false)] // behind struct seccomp_data
    [InlineData(0x20, 0, 0, 2, false)] // not aligned
    [InlineData(0x28, 0, 0, 0, false)] // half a word
    [InlineData(0x05, 0, 0, 1, true)]
    [InlineData(0x05, 0, 0, 2, false)] // behind the end
    [InlineData(0x05, 0, 0, uint.MaxValue, false)] // backwards
    [InlineData(0x15, 1, 1, 0, true)]
    [InlineData(0x15, 2, 0, 0, false)]
    [InlineData(0x35, 0, 2, 0, false)]
    [InlineData(0x54, 0, 0, 7, true)]
    [InlineData(0x34, 0, 0, 0, false)] // divided by zero
    [InlineData(0x64, 0, 0, 32, false)]
    [InlineData(0x02, 0, 0, 15, true)]
    [InlineData(0x02, 0, 0, 16, false)]
    [InlineData(0xffff, 0, 0, 0, false)]
    public void IsWellFormed_FirstOfThree_FollowsTheKernelsRules(int code, byte ifTrue, byte ifFalse, uint k, bool expected) =>
        IsWellFormed(new((ushort)code, ifTrue, ifFalse, k), s_return, s_return).Should().Be(expected);

    [Fact]
    public void IsWellFormed_RunsOffTheEnd_IsNot() => IsWellFormed(s_return, new(BpfInstruction.Load, 0, 0, 0)).Should().BeFalse();

    [Fact]
    public void IsWellFormed_Sizes_OnlyWholeInstructionsUpToTheKernelsLimit()
    {
        BpfProgram.IsWellFormed([]).Should().BeFalse();
        BpfProgram.IsWellFormed(new byte[7]).Should().BeFalse();
        IsWellFormed([.. Enumerable.Repeat(s_return, 4096)]).Should().BeTrue();
        IsWellFormed([.. Enumerable.Repeat(s_return, 4097)]).Should().BeFalse();
    }

    private static bool IsWellFormed(params BpfInstruction[] program) => BpfProgram.IsWellFormed(MemoryMarshal.AsBytes(program.AsSpan()));
}
