using OciRun.Linux;

namespace OciRun.Runtime.Security;

/// <summary>
/// A few instructions before libseccomp's: a call newer than every call that the profile names gets ENOSYS, as on an older kernel, and not
/// the profile's default. A program that probes for a new call falls back on ENOSYS, but takes EPERM for the answer (glibc 2.34 and clone3:
/// runc#2151, runc#2746). "Newer" is "has a higher number": true but for a few, and the same measure as runc's, so that profiles mean the same.
/// </summary>
internal static class EnosysStub
{
    private const uint ReturnEnosys = SeccompWords.Error | (uint)Errno.ENOSYS;
    private const uint X32Bit = 0x40000000; // __X32_SYSCALL_BIT
    private const uint NoLimit = uint.MaxValue;

    // AUDIT_ARCH_*. libseccomp's token is the same number, but for x32: for the kernel that is x86-64 with a bit in the number.
    private const uint X86_64 = 0xc000003e, X32Token = 0x4000003e, S390 = 0x00000016, S390X = 0x80000016;

    /// <summary>What a profile knows of an architecture.</summary>
    /// <param name="Token">libseccomp's SCMP_ARCH_*.</param>
    /// <param name="HighestCall">The highest number among the calls that the profile names.</param>
    internal readonly record struct Horizon(uint Token, uint HighestCall);

    /// <summary>
    /// Whether calls of that default would be better off with ENOSYS. Not where they are let through; a tracer is one of those: it knows new
    /// calls itself, and emulation would break.
    /// </summary>
    internal static bool IsWorthIt(uint defaultAction) =>
        defaultAction != ReturnEnosys
        && (defaultAction & SeccompWords.ActionMask) is not (SeccompWords.Allow or SeccompWords.Log or SeccompWords.Trace);

    /// <summary>The instructions; what they let pass continues behind them. Empty when there is nothing to say.</summary>
    internal static BpfInstruction[] Build(IReadOnlyList<Horizon> horizons)
    {
        // Every section ends in a jump behind all of them, whose operand has 32 bits: no length limit of conditional jumps (8 bits) is ever met.
        List<BpfInstruction> stub = [];
        foreach (var horizon in horizons)
        {
            uint architecture = horizon.Token == X32Token ? X86_64 : horizon.Token;
            if (architecture == X86_64)
            {
                if (IsFirstOfX86_64(horizons, horizon))
                    AddSection(stub, architecture, X86_64Section(Find(horizons, X86_64), Find(horizons, X32Token)));
            }
            else
            {
                AddSection(stub, architecture, Section(horizon.HighestCall, architecture is S390 or S390X));
            }
        }
        if (stub.Count == 0)
            return [];
        stub.Insert(0, new(BpfInstruction.Load, 0, 0, BpfInstruction.ArchitectureOffset));
        for (int i = 0; i < stub.Count; i++)
        {
            if (stub[i].Code == BpfInstruction.Jump)
                stub[i] = stub[i] with { Operand = (uint)(stub.Count - i - 1) };
        }
        return [.. stub];
    }

    private static void AddSection(List<BpfInstruction> stub, uint architecture, ReadOnlySpan<BpfInstruction> section)
    {
        stub.Add(new(BpfInstruction.JumpIfEqual, 0, (byte)section.Length, architecture));
        stub.AddRange(section);
    }

    // On s390 a number beyond the kernel's table arrives as 0, setup(2), which nobody has called for decades.
    private static BpfInstruction[] Section(uint highest, bool zeroIsUnknown) =>
    [
        new(BpfInstruction.Load, 0, 0, BpfInstruction.NumberOffset),
        .. (ReadOnlySpan<BpfInstruction>)(zeroIsUnknown ? [new(BpfInstruction.JumpIfEqual, 1, 0, 0)] : []),
        new(BpfInstruction.JumpIfGreater, 0, 1, highest),
        new(BpfInstruction.Return, 0, 0, ReturnEnosys),
        new(BpfInstruction.Jump, 0, 0, 0),
    ];

    private static BpfInstruction[] X86_64Section(uint highest, uint highestOfX32) =>
    [
        new(BpfInstruction.Load, 0, 0, BpfInstruction.NumberOffset),
        new(BpfInstruction.JumpIfAnySet, 1, 0, X32Bit),
        new(BpfInstruction.JumpIfGreater, 1, 2, highest),
        new(BpfInstruction.JumpIfGreater, 0, 1, highestOfX32),
        new(BpfInstruction.Return, 0, 0, ReturnEnosys),
        new(BpfInstruction.Jump, 0, 0, 0),
    ];

    private static bool IsFirstOfX86_64(IReadOnlyList<Horizon> horizons, Horizon horizon)
    {
        foreach (var other in horizons)
        {
            if (other.Token is X86_64 or X32Token)
                return other == horizon;
        }
        return false;
    }

    // An architecture that is not in the profile is libseccomp's to refuse.
    private static uint Find(IReadOnlyList<Horizon> horizons, uint token)
    {
        foreach (var horizon in horizons)
        {
            if (horizon.Token == token)
                return horizon.HighestCall;
        }
        return NoLimit;
    }
}
