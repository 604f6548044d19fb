using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OciRun.Linux;

/// <summary>struct seccomp_notif: a call that waits for an answer, seccomp_unotify(2).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SeccompNotification
{
    /// <summary>To answer it by.</summary>
    public ulong Id;

    /// <summary>The calling thread, as we see it; 0 when it is outside of our pid namespace.</summary>
    public int Thread;

    /// <summary>None is defined.</summary>
    public uint Flags;

    /// <summary>The call's number.</summary>
    public uint Number;

    /// <summary>AUDIT_ARCH_*.</summary>
    public uint Architecture;

    /// <summary>Where it was made.</summary>
    public ulong InstructionPointer;

    /// <summary>Its arguments.</summary>
    public Six Arguments;

    /// <summary>Six words.</summary>
    [InlineArray(6)]
    public struct Six
    {
        private ulong _first;
    }
}
