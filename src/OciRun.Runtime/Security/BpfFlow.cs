using System.Runtime.InteropServices;

namespace OciRun.Runtime.Security;

/// <summary>
/// Which instructions of a filter a call can come to when only some of it is known, and what stands in the accumulator there. Programs of seccomp only jump
/// forward, so one pass over them is enough.
/// </summary>
internal static class BpfFlow
{
    /// <summary>What an instruction meets.</summary>
    /// <param name="IsReached">Some call comes here.</param>
    /// <param name="Offset">The word of struct seccomp_data that the accumulator holds; null: something else, or not the same on every way.</param>
    /// <param name="Mask">What that word was masked with.</param>
    /// <param name="Token">The architecture, where only one comes here.</param>
    internal readonly record struct State(bool IsReached, uint? Offset, uint Mask, uint? Token);

    /// <summary>The state before each instruction.</summary>
    internal static State[] Follow(ReadOnlySpan<byte> program, SeccompQuestion question)
    {
        var instructions = MemoryMarshal.Cast<byte, BpfInstruction>(program);
        var states = new State[instructions.Length];
        states[0] = new(true, null, uint.MaxValue, question.Token);
        for (int i = 0; i < instructions.Length; i++)
        {
            if (states[i].IsReached)
                Step(instructions[i], i, states, question);
        }
        return states;
    }

    /// <summary>The actions that a call of which this is known may meet, without repetition, in the order of the program.</summary>
    internal static uint[] Actions(ReadOnlySpan<byte> program, SeccompQuestion question)
    {
        var instructions = MemoryMarshal.Cast<byte, BpfInstruction>(program);
        var states = Follow(program, question);
        uint[] actions = [];
        for (int i = 0; i < states.Length; i++)
        {
            if (states[i].IsReached && instructions[i].Code == BpfInstruction.Return && Array.IndexOf(actions, instructions[i].Operand) < 0)
                actions = [.. actions, instructions[i].Operand];
        }
        return actions;
    }

    private static void Step(BpfInstruction instruction, int at, State[] states, SeccompQuestion question)
    {
        var state = states[at];
        switch (instruction.Code)
        {
            case BpfInstruction.Return or 0x16:
                return;
            case BpfInstruction.Load:
                Arrive(ref states[at + 1], state with { Offset = instruction.Operand, Mask = uint.MaxValue });
                return;
            case BpfInstruction.And:
                Arrive(ref states[at + 1], state with { Mask = state.Mask & instruction.Operand });
                return;
            case BpfInstruction.Jump:
                Arrive(ref states[at + 1 + (int)instruction.Operand], state);
                return;
            case var code when (code & BpfInstruction.ClassMask) == BpfInstruction.JumpClass:
                Branch(instruction, at, states, question);
                return;
            default:
                Arrive(ref states[at + 1], state with { Offset = null });
                return;
        }
    }

    private static void Branch(BpfInstruction jump, int at, State[] states, SeccompQuestion question)
    {
        var state = states[at];
        bool? holds = Decide(jump, state, question);
        uint? ifTrue = state.Token, ifFalse = state.Token;
        if (state.Offset == BpfInstruction.ArchitectureOffset && jump.Code == BpfInstruction.JumpIfEqual)
            ifTrue ??= jump.Operand;
        else if (AsksForX32(jump, state) && state.Token == FilterAssembly.X86_64)
            ifTrue = FilterAssembly.X32Token;
        if (holds != false)
            Arrive(ref states[at + 1 + jump.IfTrue], state with { Token = ifTrue });
        if (holds != true)
            Arrive(ref states[at + 1 + jump.IfFalse], state with { Token = ifFalse });
    }

    /// <summary>Null: it depends on what is not known.</summary>
    private static bool? Decide(BpfInstruction jump, State state, SeccompQuestion question)
    {
        if (state.Offset is not { } offset || (jump.Code & BpfInstruction.FromX) != 0)
            return null;
        if (question.Word(offset) is { } word)
            return BpfInterpreter.Holds(jump.Code, word & state.Mask, jump.Operand);
        return AsksForX32(jump, state) && question.Architecture == FilterAssembly.X86_64 ? question.Token == FilterAssembly.X32Token : null;
    }

    private static bool AsksForX32(BpfInstruction jump, State state) =>
        state.Offset == BpfInstruction.NumberOffset && jump.Operand == FilterAssembly.X32Bit && jump.Code is BpfInstruction.JumpIfAnySet or BpfInstruction.JumpIfGreaterOrEqual;

    private static void Arrive(ref State there, State state)
    {
        there = !there.IsReached ? state
            : new(true, there.Offset == state.Offset && there.Mask == state.Mask ? there.Offset : null, state.Mask, there.Token == state.Token ? there.Token : null);
    }
}
