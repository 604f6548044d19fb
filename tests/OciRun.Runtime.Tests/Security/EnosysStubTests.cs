using System.Runtime.InteropServices;
using OciRun.Runtime.Security;
using static OciRun.Runtime.Security.EnosysStub;

namespace OciRun.Runtime.Tests.Security;

public sealed class EnosysStubTests
{
    private const uint X32Token = 0x4000003e;

    [Theory]
    [InlineData(Bpf.X86_64, 450, Bpf.Allow)]
    [InlineData(Bpf.X86_64, 451, Bpf.Enosys)]
    [InlineData(Bpf.X86_64, 0x3fffffff, Bpf.Enosys)]
    [InlineData(Bpf.X86_64, Bpf.X32Bit | 451, Bpf.Allow)] // no x32 in the profile: libseccomp's to refuse
    [InlineData(Bpf.X86_64, uint.MaxValue, Bpf.Allow)]
    [InlineData(Bpf.I386, 449, Bpf.Allow)]
    [InlineData(Bpf.I386, 450, Bpf.Enosys)]
    [InlineData(Bpf.Arm, 9999, Bpf.Allow)] // not in the profile
    public void Build_TwoArchitectures_SendsOnlyNewerCallsBack(uint architecture, uint number, uint expected) =>
        Run([new(Bpf.X86_64, 450), new(Bpf.I386, 449)], architecture, number).Should().Be(expected);

    [Theory]
    [InlineData(450, Bpf.Allow)]
    [InlineData(451, Bpf.Enosys)]
    [InlineData(Bpf.X32Bit | 547, Bpf.Allow)]
    [InlineData(Bpf.X32Bit | 548, Bpf.Enosys)]
    public void Build_X32BesideX86_64_HasALimitEach(uint number, uint expected)
    {
        Run([new(Bpf.X86_64, 450), new(X32Token, Bpf.X32Bit | 547)], Bpf.X86_64, number).Should().Be(expected);
        Run([new(X32Token, Bpf.X32Bit | 547), new(Bpf.I386, 1), new(Bpf.X86_64, 450)], Bpf.X86_64, number).Should().Be(expected);
    }

    [Fact]
    public void Build_OnlyX32Known_LeavesX86_64Alone()
    {
        Run([new(X32Token, Bpf.X32Bit | 547)], Bpf.X86_64, 9999).Should().Be(Bpf.Allow);
        Run([new(X32Token, Bpf.X32Bit | 547)], Bpf.X86_64, Bpf.X32Bit | 9999).Should().Be(Bpf.Enosys);
    }

    [Theory]
    [InlineData(0, Bpf.Enosys)]
    [InlineData(1, Bpf.Allow)]
    [InlineData(450, Bpf.Allow)]
    [InlineData(451, Bpf.Enosys)]
    public void Build_S390X_SendsCallZeroBack(uint number, uint expected) =>
        Run([new(Bpf.S390X, 450)], Bpf.S390X, number).Should().Be(expected);

    [Fact]
    public void Build_OtherArchitecture_LeavesCallZeroAlone() => Run([new(Bpf.Aarch64, 450)], Bpf.Aarch64, 0).Should().Be(Bpf.Allow);

    [Fact]
    public void Build_ManyArchitectures_ReachesEach()
    {
        var horizons = Enumerable.Range(0, 100).Select(i => new Horizon(0x1000u + (uint)i, 100 + (uint)i)).ToList();
        foreach (var horizon in horizons)
        {
            Run(horizons, horizon.Token, horizon.HighestCall).Should().Be(Bpf.Allow);
            Run(horizons, horizon.Token, horizon.HighestCall + 1).Should().Be(Bpf.Enosys);
        }
    }

    [Fact]
    public void Build_NothingKnown_IsEmpty() => EnosysStub.Build([]).Should().BeEmpty();

    [Theory]
    [InlineData(Bpf.Eperm, true)]
    [InlineData(Bpf.Enosys, false)]
    [InlineData(Bpf.Kill, true)]
    [InlineData(Bpf.KillProcess, true)]
    [InlineData(Bpf.Trap, true)]
    [InlineData(Bpf.Allow, false)]
    [InlineData(Bpf.Log, false)]
    [InlineData(Bpf.Trace | 1, false)]
    public void IsWorthIt_DefaultAction_OnlyWhereCallsAreDenied(uint defaultAction, bool expected) =>
        EnosysStub.IsWorthIt(defaultAction).Should().Be(expected);

    private static uint Run(IReadOnlyList<Horizon> horizons, uint architecture, uint number)
    {
        BpfInstruction[] program = [.. EnosysStub.Build(horizons), new(BpfInstruction.Return, 0, 0, Bpf.Allow)];
        var bytes = MemoryMarshal.AsBytes(program.AsSpan()).ToArray();
        BpfProgram.IsWellFormed(bytes).Should().BeTrue();
        return Bpf.Run(bytes, new SeccompData(number, architecture));
    }
}
