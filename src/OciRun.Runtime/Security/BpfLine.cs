namespace OciRun.Runtime.Security;

/// <summary>An instruction of a filter, as struct sock_filter has it and in words.</summary>
/// <param name="Index">Its number in the program, from 0.</param>
/// <param name="Code">BPF_*.</param>
/// <param name="IfTrue">jt: instructions to skip.</param>
/// <param name="IfFalse">jf.</param>
/// <param name="Operand">k.</param>
/// <param name="Text">As bpf_asm has it; targets of jumps are numbers of instructions.</param>
/// <param name="Remark">What it is about: the name of a call, an action; or empty.</param>
public sealed record BpfLine(int Index, ushort Code, byte IfTrue, byte IfFalse, uint Operand, string Text, string Remark);
