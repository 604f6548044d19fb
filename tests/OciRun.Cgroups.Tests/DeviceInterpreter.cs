namespace OciRun.Cgroups.Tests;

/// <summary>Runs a device program as the kernel does: an independent reading of the instruction set for what the compiler may emit.</summary>
internal static class DeviceInterpreter
{
    /// <summary>As the verifier: each instruction can be reached.</summary>
    internal static void ShouldHaveNoDeadCode(ulong[] program)
    {
        var reached = new bool[program.Length];
        var open = new Stack<int>([0]);
        while (open.TryPop(out var at))
        {
            at.Should().BeInRange(0, program.Length - 1);
            if (reached[at])
            {
                continue;
            }
            reached[at] = true;
            var code = (byte)program[at];
            if (code is 0x05 or 0x16 or 0x56 or 0x46)
            {
                open.Push(at + 1 + (short)(program[at] >> 16));
            }
            if (code is not (0x05 or 0x95))
            {
                open.Push(at + 1);
            }
        }
        reached.Should().NotContain(false);
    }

    internal static bool Run(ulong[] program, DeviceKinds kind, DeviceAccess access, uint major, uint minor)
    {
        var registers = new uint?[11];
        uint[] context = [((uint)access << 16) | (uint)kind, major, minor];
        for (int at = 0, steps = 0; ; at++)
        {
            (++steps).Should().BeLessThan(100000);
            at.Should().BeInRange(0, program.Length - 1);
            var code = (byte)program[at];
            var destination = (int)(program[at] >> 8) & 15;
            var source = (int)(program[at] >> 12) & 15;
            var offset = (short)(program[at] >> 16);
            var immediate = (uint)(program[at] >> 32);
            switch (code)
            {
                case 0x61:
                    source.Should().Be(1, "the context is in register 1");
                    registers[destination] = context[offset / 4];
                    break;
                case 0x54:
                    registers[destination] = registers[destination]!.Value & immediate;
                    break;
                case 0x74:
                    registers[destination] = registers[destination]!.Value >> (int)immediate;
                    break;
                case 0xb4:
                    registers[destination] = immediate;
                    break;
                case 0x05:
                    offset.Should().BePositive();
                    at += offset;
                    break;
                case 0x56:
                    offset.Should().BePositive();
                    at += registers[destination]!.Value != immediate ? offset : 0;
                    break;
                case 0x16:
                    offset.Should().BeGreaterThanOrEqualTo(0); // what allows may come next anyway
                    at += registers[destination]!.Value == immediate ? offset : 0;
                    break;
                case 0x46:
                    offset.Should().BePositive();
                    at += (registers[destination]!.Value & immediate) != 0 ? offset : 0;
                    break;
                case 0x95:
                    return registers[0]!.Value == 1;
                default:
                    throw new InvalidOperationException($"instruction {code:x2} at {at}");
            }
        }
    }
}
