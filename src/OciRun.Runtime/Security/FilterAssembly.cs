using System.Runtime.InteropServices;
using OciRun.Linux;

namespace OciRun.Runtime.Security;

/// <summary>
/// One program out of libseccomp's programs for single ABIs: look at the architecture, go to its program. Made apart they cost half of
/// what libseccomp needs
/// for one filter of three ABIs (7 ms of processor time for podman's profile in place of 15), and mean the same.
/// <para>
/// Before each program stand a few instructions of ours: a call newer than every call that the profile names gets ENOSYS, as on an older
/// kernel, and
/// not the profile's default. A program that probes for a new call falls back on ENOSYS, but takes EPERM for the answer (glibc 2.34 and
/// clone3: runc#2151, runc#2746). "Newer" is "has a higher number": true but for a few, and runc's measure too, so that profiles mean the
/// same.
/// </para>
/// </summary>
internal static class FilterAssembly
{
    internal const uint ReturnEnosys = SeccompWords.Error | (uint)Errno.ENOSYS;
    internal const uint X32Bit = 0x40000000; // __X32_SYSCALL_BIT

    // AUDIT_ARCH_*. libseccomp's token is the same number, but for x32: for the kernel that is x86-64 with a bit in the number of the call.
    internal const uint X86_64 = 0xc000003e, X32Token = 0x4000003e;
    private const uint S390 = 0x00000016, S390X = 0x80000016;

    /// <summary>The program of an ABI.</summary>
    /// <param name="Token">libseccomp's SCMP_ARCH_*.</param>
    /// <param name="HighestCall">The highest number among the calls that the profile names; null: none is denied for being newer.</param>
    /// <param name="Program">libseccomp's; ends in a return on every path.</param>
    internal readonly record struct Part(uint Token, uint? HighestCall, byte[] Program);

    /// <summary>
    /// Whether newer calls would be better off with ENOSYS than with this default. Not where they are let through; a tracer is one of
    /// those: it knows
    /// new calls itself, and emulation would break.
    /// </summary>
    internal static bool DeniesNewerCalls(uint defaultAction) =>
        defaultAction != ReturnEnosys
        && (defaultAction & SeccompWords.ActionMask) is not (SeccompWords.Allow or SeccompWords.Log or SeccompWords.Trace);

    /// <summary>Whether a call is taken for newer than all that the profile names; the same as the instructions of <see cref="Section"/>.</summary>
    /// <param name="token">The ABI.</param>
    /// <param name="number">The call, which is of that ABI.</param>
    /// <param name="highest">The highest number among the calls that the profile names.</param>
    internal static bool IsNewer(uint token, uint number, uint highest) => number > highest || (number == 0 && token is (S390 or S390X));

    /// <summary>The program of them all. A call by any other ABI ends its thread, as libseccomp has it (SCMP_FLTATR_ACT_BADARCH).</summary>
    /// <param name="parts">At least one, each token once.</param>
    internal static byte[] Assemble(IReadOnlyList<Part> parts)
    {
        List<BpfInstruction> program = [new(BpfInstruction.Load, 0, 0, BpfInstruction.ArchitectureOffset)];
        foreach (var part in parts)
        {
            if (part.Token == X32Token)
                continue;
            var x32 = part.Token == X86_64 ? Find(parts, X32Token) : null;
            AddForArchitecture(program, part.Token, x32 is null ? Section(part) : Either(Section(part), Section(x32.Value)));
        }
        if (Find(parts, X32Token) is { } alone && Find(parts, X86_64) is null)
            AddForArchitecture(program, X86_64, Section(alone));
        program.Add(new(BpfInstruction.Return, 0, 0, SeccompWords.Kill));
        return MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(program)).ToArray();
    }

    // Jumps over what may be long are unconditional: their operand has 32 bits, those of a comparison 8.
    private static void AddForArchitecture(List<BpfInstruction> program, uint architecture, ReadOnlySpan<BpfInstruction> section)
    {
        program.Add(new(BpfInstruction.JumpIfEqual, 1, 0, architecture));
        program.Add(new(BpfInstruction.Jump, 0, 0, (uint)section.Length));
        program.AddRange(section);
    }

    private static BpfInstruction[] Either(BpfInstruction[] x86_64, BpfInstruction[] x32) =>
    [
        new(BpfInstruction.Load, 0, 0, BpfInstruction.NumberOffset),
        new(BpfInstruction.JumpIfAnySet, 0, 1, X32Bit),
        new(BpfInstruction.Jump, 0, 0, (uint)x86_64.Length),
        .. x86_64,
        .. x32,
    ];

    private static BpfInstruction[] Section(in Part part)
    {
        var program = MemoryMarshal.Cast<byte, BpfInstruction>(part.Program);
        if (part.HighestCall is not { } highest)
            return program.ToArray();
        BpfInstruction load = new(BpfInstruction.Load, 0, 0, BpfInstruction.NumberOffset);
        BpfInstruction isNewer = new(BpfInstruction.JumpIfGreater, 0, 1, highest);
        BpfInstruction denied = new(BpfInstruction.Return, 0, 0, ReturnEnosys);
        return part.Token switch
        {
            // A number of x32, which is in the profile or not, is none of this ABI's: its program knows.
            X86_64 => [load, new(BpfInstruction.JumpIfAnySet, 2, 0, X32Bit), isNewer, denied, .. program],
            // A number beyond the kernel's table arrives as 0, setup(2), which nobody has called for decades.
            S390 or S390X => [load, new(BpfInstruction.JumpIfEqual, 1, 0, 0), isNewer, denied, .. program],
            _ => [load, isNewer, denied, .. program],
        };
    }

    private static Part? Find(IReadOnlyList<Part> parts, uint token)
    {
        foreach (var part in parts)
        {
            if (part.Token == token)
                return part;
        }
        return null;
    }
}
