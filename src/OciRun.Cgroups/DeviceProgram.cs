namespace OciRun.Cgroups;

/// <summary>
/// Compiles device rules into a BPF program (BPF_PROG_TYPE_CGROUP_DEVICE, struct bpf_cgroup_dev_ctx). The kernel runs it for every open and mknod with the bits
/// asked for; each bit belongs to the last rule that speaks of this device and this bit, and to none: denied. So the rules are tried from the last to the first,
/// register 3 keeping the bits that nobody has allowed yet: an allowing rule takes its bits out and ends when none is left, a denying rule that meets one of them ends
/// at once. (To compare all bits with each rule at once would let "deny w" slip through for one who opens to read and write.)
/// </summary>
internal static class DeviceProgram
{
    private const byte LoadWord = 0x61; // BPF_LDX | BPF_MEM | BPF_W
    private const byte And = 0x54; // BPF_ALU | BPF_AND | BPF_K
    private const byte ShiftRight = 0x74; // BPF_ALU | BPF_RSH | BPF_K
    private const byte Move = 0xb4; // BPF_ALU | BPF_MOV | BPF_K
    private const byte Jump = 0x05; // BPF_JMP | BPF_JA
    private const byte JumpNotEqual = 0x56; // BPF_JMP32 | BPF_JNE | BPF_K, 5.1
    private const byte JumpSet = 0x46; // BPF_JMP32 | BPF_JSET | BPF_K
    private const byte Exit = 0x95;

    private const int Result = 0;
    private const int Context = 1;
    private const int Kind = 2;
    private const int Asked = 3;
    private const int Major = 4;
    private const int Minor = 5;

    /// <summary>The instructions, eight bytes each as struct bpf_insn has them on a little-endian machine.</summary>
    internal static ulong[] Compile(List<DeviceEntry> entries)
    {
        var code = new List<ulong>(8 + (entries.Count * 7))
        {
            Instruction(LoadWord, Kind, Context, 0, 0), // access_type: the access above 16 bits of kind
            Instruction(And, Kind, 0, 0, 0xffff),
            Instruction(LoadWord, Asked, Context, 0, 0),
            Instruction(ShiftRight, Asked, 0, 0, 16),
            Instruction(LoadWord, Major, Context, 4, 0),
            Instruction(LoadWord, Minor, Context, 8, 0),
        };
        var ended = false;
        for (var i = entries.Count - 1; i >= 0 && !ended; i--)
        {
            Append(code, entries[i]);
            // The verifier refuses instructions that cannot be reached.
            ended = entries[i].IsEverything;
        }
        if (!ended)
        {
            AppendResult(code, allow: false);
        }
        return code.ToArray();
    }

    private static void Append(List<ulong> code, in DeviceEntry entry)
    {
        var conditions = new List<int>(4);
        if (entry.Kinds != DeviceKinds.All)
        {
            conditions.Add(code.Count);
            code.Add(Instruction(JumpNotEqual, Kind, 0, 0, (int)entry.Kinds));
        }
        if (entry.Major >= 0)
        {
            conditions.Add(code.Count);
            code.Add(Instruction(JumpNotEqual, Major, 0, 0, (int)(uint)entry.Major));
        }
        if (entry.Minor >= 0)
        {
            conditions.Add(code.Count);
            code.Add(Instruction(JumpNotEqual, Minor, 0, 0, (int)(uint)entry.Minor));
        }
        if (entry.Access != DeviceAccess.All)
        {
            if (entry.Allow)
            {
                code.Add(Instruction(And, Asked, 0, 0, (int)(DeviceAccess.All & ~entry.Access)));
                conditions.Add(code.Count);
                code.Add(Instruction(JumpNotEqual, Asked, 0, 0, 0));
            }
            else
            {
                code.Add(Instruction(JumpSet, Asked, 0, 1, (int)entry.Access));
                conditions.Add(code.Count);
                code.Add(Instruction(Jump, 0, 0, 0, 0));
            }
        }
        AppendResult(code, entry.Allow);
        foreach (var at in conditions)
        {
            var offset = (ushort)(code.Count - at - 1);
            code[at] |= (ulong)offset << 16;
        }
    }

    private static void AppendResult(List<ulong> code, bool allow)
    {
        code.Add(Instruction(Move, Result, 0, 0, allow ? 1 : 0));
        code.Add(Instruction(Exit, 0, 0, 0, 0));
    }

    private static ulong Instruction(byte code, int destination, int source, short offset, int immediate) =>
        code | ((ulong)(destination | (source << 4)) << 8) | ((ulong)(ushort)offset << 16) | ((ulong)(uint)immediate << 32);
}
