namespace OciRun.Cgroups;

/// <summary>
/// Compiles device rules into a BPF program (BPF_PROG_TYPE_CGROUP_DEVICE, struct bpf_cgroup_dev_ctx). The kernel runs it for every open and mknod with the bits
/// asked for; each bit belongs to the last rule that speaks of this device and this bit, and to none: denied. So the rules are tried from the last to the first,
/// register 3 keeping the bits that nobody has allowed yet: an allowing rule takes its bits out and ends when none is left, a denying rule that meets one of them ends
/// at once. (To compare all bits with each rule at once would let "deny w" slip through for one who opens to read and write.)
/// </summary>
internal sealed class DeviceProgram
{
    private const byte LoadWord = 0x61; // BPF_LDX | BPF_MEM | BPF_W
    private const byte And = 0x54; // BPF_ALU | BPF_AND | BPF_K
    private const byte ShiftRight = 0x74; // BPF_ALU | BPF_RSH | BPF_K
    private const byte Move = 0xb4; // BPF_ALU | BPF_MOV | BPF_K
    private const byte Jump = 0x05; // BPF_JMP | BPF_JA
    private const byte JumpEqual = 0x16; // BPF_JMP32 | BPF_JEQ | BPF_K, 5.1
    private const byte JumpNotEqual = 0x56; // BPF_JMP32 | BPF_JNE | BPF_K, 5.1
    private const byte JumpSet = 0x46; // BPF_JMP32 | BPF_JSET | BPF_K
    private const byte Exit = 0x95;

    // The verifier keeps a state for each jump that it has not followed yet, and gives up at 8,192 of them: behind so many a rule has an end of its own.
    private const int MostAllowing = 1000;

    private const int Result = 0;
    private const int Context = 1;
    private const int Kind = 2;
    private const int Asked = 3;
    private const int Major = 4;
    private const int Minor = 5;

    private readonly List<ulong> _code = [];
    private readonly List<int> _allowing = []; // jumps whose target is the end that allows

    private DeviceProgram()
    {
    }

    /// <summary>The instructions, eight bytes each as struct bpf_insn has them on a little-endian machine.</summary>
    internal static ulong[] Compile(List<DeviceEntry> entries)
    {
        var program = new DeviceProgram();
        program.Add(LoadWord, Kind, Context, 0); // access_type: the access above 16 bits of kind
        program.Add(And, Kind, immediate: 0xffff);
        program.Add(LoadWord, Asked, Context, 0);
        program.Add(ShiftRight, Asked, immediate: 16);
        program.Add(LoadWord, Major, Context, 4);
        program.Add(LoadWord, Minor, Context, 8);
        program.AddRules(entries);
        return [.. program._code];
    }

    /// <summary>The verifier refuses instructions that cannot be reached: nothing follows a rule that speaks of everything.</summary>
    private void AddRules(List<DeviceEntry> entries)
    {
        var last = entries.Count - 1;
        var ended = false;
        while (last >= 0 && !ended)
        {
            var first = FirstOfRun(entries, last);
            var run = entries.GetRange(first, last - first + 1);
            ended = run[0].IsEverything;
            if (IsWhole(run[0]) && !ended)
            {
                AddRun(run);
            }
            else if (!ended)
            {
                AddPart(run);
            }
            else if (run[0].Allow)
            {
                AddEnd(allow: true);
                return;
            }
            last = first - 1;
        }
        AddEnd(allow: false);
        if (_allowing.Count > 0)
        {
            AddEnd(allow: true);
        }
    }

    /// <summary>Rules that allow every access, one after the other, in whatever order; or a rule for block devices next to the same for character devices; or a single one.</summary>
    private static int FirstOfRun(List<DeviceEntry> entries, int last)
    {
        var first = last;
        if (IsWhole(entries[last]) && !entries[last].IsEverything)
        {
            while (first > 0 && IsWhole(entries[first - 1]) && !entries[first - 1].IsEverything)
            {
                first--;
            }
        }
        else if (last > 0 && !entries[last].IsEverything && entries[last - 1] is var other && (other with { Kinds = entries[last].Kinds, Place = entries[last].Place }) == entries[last]
            && (other.Kinds | entries[last].Kinds) == DeviceKinds.All && !other.IsEverything)
        {
            first--;
        }
        return first;
    }

    private static bool IsWhole(in DeviceEntry entry) => entry.Allow && entry.Access == DeviceAccess.All;

    /// <summary>Each kind and each major number is compared once: the time that the kernel takes to verify a program grows faster than the program (docs/adr/0003).</summary>
    private void AddRun(List<DeviceEntry> run)
    {
        foreach (var kinds in (ReadOnlySpan<DeviceKinds>)[DeviceKinds.All, DeviceKinds.Block, DeviceKinds.Character])
        {
            var same = run.FindAll(entry => entry.Kinds == kinds);
            if (same.Exists(static entry => entry is { Major: < 0, Minor: < 0 }))
            {
                AddAllowing(Kind, (uint)kinds); // not every kind: that would be everything
                continue;
            }
            if (same.Count == 0)
            {
                continue;
            }
            var otherKind = kinds == DeviceKinds.All ? -1 : AddJump(JumpNotEqual, Kind, (uint)kinds);
            same.Sort(static (a, b) => a.Major.CompareTo(b.Major));
            for (var i = 0; i < same.Count;)
            {
                var next = same.FindIndex(i, entry => entry.Major != same[i].Major);
                next = next < 0 ? same.Count : next;
                AddMajor(same.GetRange(i, next - i));
                i = next;
            }
            Land(otherKind);
        }
    }

    private void AddMajor(List<DeviceEntry> same)
    {
        var major = same[0].Major;
        if (same.Exists(static entry => entry.Minor < 0))
        {
            AddAllowing(Major, (uint)major);
            return;
        }
        var otherMajor = major < 0 ? -1 : AddJump(JumpNotEqual, Major, (uint)major);
        foreach (var entry in same)
        {
            AddAllowing(Minor, (uint)entry.Minor);
        }
        Land(otherMajor);
    }

    /// <summary>A rule that denies, or allows some kinds of access; two of them where they differ in the kind of device alone.</summary>
    private void AddPart(List<DeviceEntry> run)
    {
        var entry = run[0];
        var kinds = run.Count > 1 ? DeviceKinds.All : entry.Kinds;
        var otherKind = kinds == DeviceKinds.All ? -1 : AddJump(JumpNotEqual, Kind, (uint)kinds);
        var otherMajor = entry.Major < 0 ? -1 : AddJump(JumpNotEqual, Major, (uint)entry.Major);
        var otherMinor = entry.Minor < 0 ? -1 : AddJump(JumpNotEqual, Minor, (uint)entry.Minor);
        if (entry.Allow)
        {
            Add(And, Asked, immediate: (uint)(DeviceAccess.All & ~entry.Access));
            AddAllowing(Asked, 0);
        }
        else
        {
            var otherAccess = -1;
            if (entry.Access != DeviceAccess.All)
            {
                Add(JumpSet, Asked, 0, 1, (uint)entry.Access);
                otherAccess = AddJump(Jump, 0, 0);
            }
            Add(Move, Result);
            Add(Exit);
            Land(otherAccess);
        }
        Land(otherMinor);
        Land(otherMajor);
        Land(otherKind);
    }

    private void AddEnd(bool allow)
    {
        if (allow)
        {
            foreach (var at in _allowing)
            {
                Land(at);
            }
        }
        Add(Move, Result, immediate: allow ? 1u : 0);
        Add(Exit);
    }

    private void AddAllowing(int register, uint value)
    {
        if (_allowing.Count < MostAllowing)
        {
            _allowing.Add(AddJump(JumpEqual, register, value));
            return;
        }
        var other = AddJump(JumpNotEqual, register, value);
        Add(Move, Result, immediate: 1);
        Add(Exit);
        Land(other);
    }

    /// <summary>A jump that does not know yet how far; see <see cref="Land"/>.</summary>
    private int AddJump(byte jump, int register, uint value)
    {
        Add(jump, register, immediate: value);
        return _code.Count - 1;
    }

    /// <summary>The jump at that place, if there is one (not -1), leads to what comes next.</summary>
    private void Land(int at)
    {
        if (at < 0)
        {
            return;
        }
        var distance = _code.Count - at - 1;
        if (distance > short.MaxValue)
        {
            throw new CgroupException("the device rules are too many for one program of the kernel", "/linux/resources/devices");
        }
        _code[at] |= (ulong)distance << 16;
    }

    private void Add(byte code, int destination = 0, int source = 0, short offset = 0, uint immediate = 0) =>
        _code.Add(code | ((ulong)(destination | (source << 4)) << 8) | ((ulong)(ushort)offset << 16) | ((ulong)immediate << 32));
}
