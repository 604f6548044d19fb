using System.Runtime.InteropServices;

namespace OciRun.Runtime.Security;

/// <summary>
/// Runs a filter as the kernel does (seccomp(2), Documentation/networking/filter.rst), so that what is said of a profile can be held against the very program
/// that is loaded.
/// </summary>
internal static class BpfInterpreter
{
    /// <summary>The action for a call, SECCOMP_RET_* with its data.</summary>
    /// <param name="program">struct sock_filter after struct sock_filter; <see cref="BpfProgram.IsWellFormed(ReadOnlySpan{byte})"/>.</param>
    /// <param name="data">The call.</param>
    internal static uint Run(ReadOnlySpan<byte> program, SeccompData data) => Run(program, data, out _);

    /// <inheritdoc cref="Run(ReadOnlySpan{byte}, SeccompData)"/>
    /// <param name="program">As above.</param>
    /// <param name="data">The call.</param>
    /// <param name="steps">How many instructions were run.</param>
    internal static uint Run(ReadOnlySpan<byte> program, SeccompData data, out int steps)
    {
        var instructions = MemoryMarshal.Cast<byte, BpfInstruction>(program);
        Span<uint> memory = stackalloc uint[16];
        memory.Clear();
        uint a = 0, x = 0;
        steps = 0;
        for (int pc = 0; ; pc++)
        {
            steps++;
            var (code, ifTrue, ifFalse, k) = instructions[pc];
            uint operand = (code & BpfInstruction.FromX) != 0 ? x : k;
            switch (code)
            {
                case BpfInstruction.Load: a = data.Word(k); break;
                case 0x00: a = k; break;
                case 0x01: x = k; break;
                case 0x80: a = SeccompData.Size; break;
                case 0x81: x = SeccompData.Size; break;
                case 0x60: a = memory[(int)k]; break;
                case 0x61: x = memory[(int)k]; break;
                case 0x02: memory[(int)k] = a; break;
                case 0x03: memory[(int)k] = x; break;
                case 0x07: x = a; break;
                case 0x87: a = x; break;
                case BpfInstruction.Return: return k;
                case 0x16: return a;
                case BpfInstruction.Jump: pc += (int)k; break;
                case 0x3c when x == 0: return SeccompWords.Kill; // the kernel ends the program with 0
                default:
                    if ((code & BpfInstruction.ClassMask) == BpfInstruction.JumpClass)
                        pc += Holds(code, a, operand) ? ifTrue : ifFalse;
                    else
                        a = Compute(code, a, operand);
                    break;
            }
        }
    }

    /// <summary>Whether a conditional jump is taken.</summary>
    internal static bool Holds(ushort code, uint a, uint operand) => (code & BpfInstruction.OperationMask) switch
    {
        0x10 => a == operand,
        0x20 => a > operand,
        0x30 => a >= operand,
        0x40 => (a & operand) != 0,
        _ => throw new InvalidOperationException($"no jump of classic BPF: 0x{code:x}"),
    };

    /// <summary>Of a count of a shift only five bits count, for the kernel as in C#.</summary>
    private static uint Compute(ushort code, uint a, uint operand) => (code & BpfInstruction.OperationMask) switch
    {
        0x00 => a + operand,
        0x10 => a - operand,
        0x20 => a * operand,
        0x30 => a / operand,
        0x40 => a | operand,
        0x50 => a & operand,
        0x60 => a << (int)operand,
        0x70 => a >> (int)operand,
        0x80 => 0 - a,
        0xa0 => a ^ operand,
        _ => throw new InvalidOperationException($"no operation of classic BPF: 0x{code:x}"),
    };
}
