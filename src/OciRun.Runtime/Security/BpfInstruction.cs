using System.Runtime.InteropServices;

namespace OciRun.Runtime.Security;

/// <summary>struct sock_filter: an instruction of classic BPF, in the machine's byte order.</summary>
/// <param name="Code">Operation, BPF_* of linux/bpf_common.h.</param>
/// <param name="IfTrue">Instructions to skip when a comparison holds.</param>
/// <param name="IfFalse">Instructions to skip when it does not.</param>
/// <param name="Operand">k.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct BpfInstruction(ushort Code, byte IfTrue, byte IfFalse, uint Operand)
{
    internal const int Size = 8;

    /// <summary>BPF_LD | BPF_W | BPF_ABS: a word of struct seccomp_data.</summary>
    internal const ushort Load = 0x20;

    /// <summary>BPF_JMP | BPF_JA.</summary>
    internal const ushort Jump = 0x05;

    /// <summary>BPF_JMP | BPF_JEQ | BPF_K.</summary>
    internal const ushort JumpIfEqual = 0x15;

    /// <summary>BPF_JMP | BPF_JGT | BPF_K.</summary>
    internal const ushort JumpIfGreater = 0x25;

    /// <summary>BPF_JMP | BPF_JSET | BPF_K.</summary>
    internal const ushort JumpIfAnySet = 0x45;

    /// <summary>BPF_JMP | BPF_JGE | BPF_K.</summary>
    internal const ushort JumpIfGreaterOrEqual = 0x35;

    /// <summary>BPF_ALU | BPF_AND | BPF_K.</summary>
    internal const ushort And = 0x54;

    /// <summary>BPF_CLASS, BPF_OP, and BPF_X: the operand is the other register.</summary>
    internal const ushort ClassMask = 0x07, OperationMask = 0xf0, FromX = 0x08;

    /// <summary>BPF_JMP.</summary>
    internal const ushort JumpClass = 0x05;

    /// <summary>BPF_RET | BPF_K.</summary>
    internal const ushort Return = 0x06;

    /// <summary>Offset in struct seccomp_data of the number of the call.</summary>
    internal const uint NumberOffset = 0;

    /// <summary>Offset in struct seccomp_data of AUDIT_ARCH_*.</summary>
    internal const uint ArchitectureOffset = 4;

    /// <summary>Offset in struct seccomp_data of the first argument.</summary>
    internal const uint ArgumentsOffset = 16;
}
