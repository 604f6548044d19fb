using System.Runtime.InteropServices;

namespace OciRun.Runtime.Security;

/// <summary>A filter in words: an instruction a line, as bpf_asm writes them, but with the targets of jumps as the numbers of lines.</summary>
internal static class BpfListing
{
    /// <summary>The instructions that a call can come to.</summary>
    /// <param name="program">The filter.</param>
    /// <param name="question">What is known of the call.</param>
    internal static List<BpfLine> Of(ReadOnlySpan<byte> program, SeccompQuestion question)
    {
        var instructions = MemoryMarshal.Cast<byte, BpfInstruction>(program);
        var states = BpfFlow.Follow(program, question);
        List<BpfLine> lines = [];
        for (int i = 0; i < instructions.Length; i++)
        {
            if (states[i].IsReached)
                lines.Add(new BpfLine(i, instructions[i].Code, instructions[i].IfTrue, instructions[i].IfFalse, instructions[i].Operand, Text(instructions[i], i), Remark(instructions[i], states[i])));
        }
        return lines;
    }

    private static string Text(BpfInstruction instruction, int at)
    {
        var (code, ifTrue, ifFalse, k) = instruction;
        return code switch
        {
            BpfInstruction.Load => $"ld [{k}]",
            BpfInstruction.Jump => $"ja {at + 1 + k}",
            BpfInstruction.Return => $"ret 0x{k:x}",
            0x16 => "ret a",
            _ when (code & BpfInstruction.ClassMask) == BpfInstruction.JumpClass => $"{Comparison(code)} {Operand(code, k)}, {at + 1 + ifTrue}, {at + 1 + ifFalse}",
            _ when (code & BpfInstruction.ClassMask) == 0x04 => code == 0x84 ? "neg" : $"{Arithmetic(code)} {Operand(code, k)}",
            0x00 => $"ld #0x{k:x}",
            0x01 => $"ldx #0x{k:x}",
            0x80 => "ld len",
            0x81 => "ldx len",
            0x60 => $"ld M[{k}]",
            0x61 => $"ldx M[{k}]",
            0x02 => $"st M[{k}]",
            0x03 => $"stx M[{k}]",
            0x07 => "tax",
            0x87 => "txa",
            _ => $"unknown 0x{code:x}",
        };
    }

    private static string Operand(ushort code, uint k) => (code & BpfInstruction.FromX) != 0 ? "x" : $"#0x{k:x}";

    private static string Comparison(ushort code) => (code & BpfInstruction.OperationMask) switch
    {
        0x10 => "jeq",
        0x20 => "jgt",
        0x30 => "jge",
        _ => "jset",
    };

    private static string Arithmetic(ushort code) => (code & BpfInstruction.OperationMask) switch
    {
        0x00 => "add",
        0x10 => "sub",
        0x20 => "mul",
        0x30 => "div",
        0x40 => "or",
        0x50 => "and",
        0x60 => "lsh",
        0x70 => "rsh",
        _ => "xor",
    };

    /// <summary>What an instruction is about; empty where its operands say all.</summary>
    private static string Remark(BpfInstruction instruction, BpfFlow.State state) => instruction.Code switch
    {
        BpfInstruction.Load => Word(instruction.Operand),
        BpfInstruction.Return => SeccompWords.DescribeFully(instruction.Operand),
        _ when (instruction.Code & BpfInstruction.ClassMask) != BpfInstruction.JumpClass || instruction.Code == BpfInstruction.Jump => "",
        _ => Compared(instruction, state),
    };

    private static string Compared(BpfInstruction jump, BpfFlow.State state)
    {
        if (state.Offset == BpfInstruction.ArchitectureOffset)
            return SyscallNames.Architecture(jump.Operand);
        if (state.Offset != BpfInstruction.NumberOffset)
            return "";
        if (jump.Operand == FilterAssembly.X32Bit)
            return "x32";
        return state.Token is { } token ? SyscallNames.Name(token, jump.Operand) ?? "" : "";
    }

    private static string Word(uint offset) => offset switch
    {
        BpfInstruction.NumberOffset => "number",
        BpfInstruction.ArchitectureOffset => "architecture",
        < BpfInstruction.ArgumentsOffset => SeccompData.IsLow(offset) ? "instruction pointer, low" : "instruction pointer, high",
        _ => $"arg{(offset - BpfInstruction.ArgumentsOffset) / 8}, {(SeccompData.IsLow(offset) ? "low" : "high")}",
    };
}
