using System.Runtime.InteropServices;
using OciRun.Runtime.Security;

namespace OciRun.Runtime.Tests.Security;

/// <summary>Runs a filter as the kernel would, for the operations that libseccomp and we emit.</summary>
internal static class Bpf
{
    internal const uint X86_64 = 0xc000003e, I386 = 0x40000003, Aarch64 = 0xc00000b7, Arm = 0x40000028, S390X = 0x80000016;
    internal const uint X32Bit = 0x40000000;

    internal static uint Run(byte[] program, SeccompData data) => Run(program, data, out _);

    /// <param name="program">struct sock_filter after struct sock_filter.</param>
    /// <param name="data">The call.</param>
    /// <param name="steps">Instructions that were run.</param>
    internal static uint Run(byte[] program, SeccompData data, out int steps)
    {
        var instructions = MemoryMarshal.Cast<byte, BpfInstruction>(program);
        uint a = 0;
        steps = 0;
        for (int pc = 0; ; pc++)
        {
            steps++;
            var (code, ifTrue, ifFalse, k) = instructions[pc];
            switch (code)
            {
                case 0x20:
                    a = data.Word(k);
                    break;
                case 0x54:
                    a &= k;
                    break;
                case 0x05:
                    pc += (int)k;
                    break;
                case 0x15:
                    pc += a == k ? ifTrue : ifFalse;
                    break;
                case 0x25:
                    pc += a > k ? ifTrue : ifFalse;
                    break;
                case 0x35:
                    pc += a >= k ? ifTrue : ifFalse;
                    break;
                case 0x45:
                    pc += (a & k) != 0 ? ifTrue : ifFalse;
                    break;
                case 0x06:
                    return k;
                default:
                    throw new InvalidOperationException($"operation {code:#x} at {pc}");
            }
        }
    }

    internal static uint Errno(uint errno) => 0x50000 | errno;

    internal const uint Allow = 0x7fff0000, Kill = 0, KillProcess = 0x80000000, Trap = 0x30000, Log = 0x7ffc0000, Trace = 0x7ff00000, Notify = 0x7fc00000;

    internal const uint Enosys = 0x50000 | 38, Eperm = 0x50000 | 1;
}
