using System.Runtime.InteropServices;

namespace OciRun.Runtime.Security;

/// <summary>What can be said of a filter without running it.</summary>
internal static class BpfProgram
{
    /// <summary>BPF_MAXINSNS, the kernel's limit of one filter.</summary>
    internal const int MaxInstructions = 4096;

    private const uint DataSize = 64; // sizeof(struct seccomp_data)
    private const uint ScratchWords = 16; // BPF_MEMWORDS

    /// <summary>
    /// Whether the kernel would take the program: the rules of its seccomp_check_filter and bpf_check_classic. It checks again; this is
    /// so that a damaged
    /// file of the cache is compiled anew and not handed to a container that then fails.
    /// </summary>
    internal static bool IsWellFormed(ReadOnlySpan<byte> program)
    {
        if (program.Length == 0 || program.Length % BpfInstruction.Size != 0 || program.Length > MaxInstructions * BpfInstruction.Size)
            return false;
        var instructions = MemoryMarshal.Cast<byte, BpfInstruction>(program);
        for (int i = 0; i < instructions.Length; i++)
        {
            if (!IsWellFormed(instructions[i], instructions.Length - i - 1))
                return false;
        }
        return instructions[^1].Code is 0x06 or 0x16; // RET K, RET A: so no path runs off the end
    }

    /// <param name="instruction">The instruction.</param>
    /// <param name="after">How many follow it.</param>
    private static bool IsWellFormed(BpfInstruction instruction, int after) => instruction.Code switch
    {
        BpfInstruction.Load => instruction.Operand < DataSize && instruction.Operand % 4 == 0,
        0x05 => instruction.Operand < (uint)after, // JA
        0x15 or 0x1d or 0x25 or 0x2d or 0x35 or 0x3d or 0x45 or 0x4d => instruction.IfTrue < after && instruction.IfFalse < after, // JEQ JGT JGE JSET
        0x60 or 0x61 or 0x02 or 0x03 => instruction.Operand < ScratchWords, // LD MEM, LDX MEM, ST, STX
        0x34 => instruction.Operand != 0, // DIV K
        0x64 or 0x74 => instruction.Operand < 32, // LSH K, RSH K
        0x06 or 0x16 => true, // RET
        0x00 or 0x01 or 0x80 or 0x81 or 0x07 or 0x87 => true, // IMM, LEN, TAX, TXA
        0x04 or 0x0c or 0x14 or 0x1c or 0x24 or 0x2c or 0x3c or 0x44 or 0x4c or 0x54 or 0x5c or 0x6c or 0x7c or 0x84 or 0xa4 or 0xac => true, // ALU
        _ => false,
    };
}
