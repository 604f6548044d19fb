using System.Runtime.InteropServices;
using OciRun.Runtime.Security;
using static OciRun.Runtime.Security.FilterAssembly;

namespace OciRun.Runtime.Tests.Security;

public sealed class FilterAssemblyTests
{
    private const uint X32Token = 0x4000003e;

    [Theory]
    [InlineData(Bpf.X86_64, 450, Bpf.Allow)]
    [InlineData(Bpf.X86_64, 451, Bpf.Enosys)]
    [InlineData(Bpf.X86_64, 0x3fffffff, Bpf.Enosys)]
    [InlineData(Bpf.X86_64, Bpf.X32Bit | 451, Bpf.Allow)] // no x32 in the profile: libseccomp's program decides
    [InlineData(Bpf.X86_64, uint.MaxValue, Bpf.Allow)]
    [InlineData(Bpf.I386, 449, Bpf.Log)]
    [InlineData(Bpf.I386, 450, Bpf.Enosys)]
    [InlineData(Bpf.Arm, 1, Bpf.Kill)] // not in the profile
    public void Assemble_TwoArchitectures_ReachesTheProgramOfEach(uint architecture, uint number, uint expected) =>
        Run([Part(Bpf.X86_64, 450, Bpf.Allow), Part(Bpf.I386, 449, Bpf.Log)], architecture, number).Should().Be(expected);

    [Theory]
    [InlineData(450, Bpf.Allow)]
    [InlineData(451, Bpf.Enosys)]
    [InlineData(Bpf.X32Bit | 547, Bpf.Log)]
    [InlineData(Bpf.X32Bit | 548, Bpf.Enosys)]
    public void Assemble_X32BesideX86_64_IsToldByTheBit(uint number, uint expected)
    {
        var x86_64 = Part(Bpf.X86_64, 450, Bpf.Allow);
        var x32 = Part(X32Token, Bpf.X32Bit | 547, Bpf.Log);
        var i386 = Part(Bpf.I386, 1, Bpf.Trap);
        Run([x86_64, x32], Bpf.X86_64, number).Should().Be(expected);
        Run([x32, i386, x86_64], Bpf.X86_64, number).Should().Be(expected);
        Run([i386, x86_64, x32], Bpf.X86_64, number).Should().Be(expected);
        Run([i386, x86_64, x32], Bpf.I386, 1).Should().Be(Bpf.Trap);
    }

    [Fact]
    public void Assemble_X32Alone_IsReached() => Run([Part(Bpf.Aarch64, 1, Bpf.Allow), Part(X32Token, null, Bpf.Log)], Bpf.X86_64, 7).Should().Be(Bpf.Log);

    [Theory]
    [InlineData(0, Bpf.Enosys)]
    [InlineData(1, Bpf.Allow)]
    [InlineData(450, Bpf.Allow)]
    [InlineData(451, Bpf.Enosys)]
    public void Assemble_S390X_SendsCallZeroBack(uint number, uint expected) =>
        Run([Part(Bpf.S390X, 450, Bpf.Allow)], Bpf.S390X, number).Should().Be(expected);

    [Fact]
    public void Assemble_NoHighestCall_LetsTheProgramDecide()
    {
        foreach (uint architecture in new[] { Bpf.X86_64, Bpf.S390X, Bpf.Aarch64 })
        {
            Run([Part(architecture, null, Bpf.Allow)], architecture, 0).Should().Be(Bpf.Allow);
            Run([Part(architecture, null, Bpf.Allow)], architecture, 99999).Should().Be(Bpf.Allow);
        }
    }

    [Fact]
    public void Assemble_OtherArchitecture_LeavesCallZeroAlone() => Run([Part(Bpf.Aarch64, 450, Bpf.Allow)], Bpf.Aarch64, 0).Should().Be(Bpf.Allow);

    [Fact]
    public void Assemble_LongPrograms_AreJumpedOver()
    {
        var parts = Enumerable.Range(0, 8).Select(i => Part(0x1000u + (uint)i, 100 + (uint)i, Bpf.Errno((uint)i), padding: 400)).ToArray();
        foreach (var part in parts)
        {
            Run(parts, part.Token, part.HighestCall!.Value).Should().Be(Bpf.Errno(part.Token - 0x1000));
            Run(parts, part.Token, part.HighestCall!.Value + 1).Should().Be(Bpf.Enosys);
        }
    }

    [Theory]
    [InlineData(Bpf.Eperm, true)]
    [InlineData(Bpf.Enosys, false)]
    [InlineData(Bpf.Kill, true)]
    [InlineData(Bpf.KillProcess, true)]
    [InlineData(Bpf.Trap, true)]
    [InlineData(Bpf.Allow, false)]
    [InlineData(Bpf.Log, false)]
    [InlineData(Bpf.Trace | 1, false)]
    public void DeniesNewerCalls_DefaultAction_OnlyWhereCallsAreDenied(uint defaultAction, bool expected) =>
        FilterAssembly.DeniesNewerCalls(defaultAction).Should().Be(expected);

    private static Part Part(uint token, uint? highest, uint action, int padding = 0)
    {
        BpfInstruction[] program =
            [.. Enumerable.Repeat(new BpfInstruction(BpfInstruction.Load, 0, 0, 0), padding), new(BpfInstruction.Return, 0, 0, action)];
        return new Part(token, highest, MemoryMarshal.AsBytes(program.AsSpan()).ToArray());
    }

    private static uint Run(IReadOnlyList<Part> parts, uint architecture, uint number)
    {
        var program = FilterAssembly.Assemble(parts);
        BpfProgram.IsWellFormed(program).Should().BeTrue();
        return BpfInterpreter.Run(program, new SeccompData(number, architecture));
    }
}
