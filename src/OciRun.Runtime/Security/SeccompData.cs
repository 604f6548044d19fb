namespace OciRun.Runtime.Security;

/// <summary>struct seccomp_data: what a filter sees of a call.</summary>
/// <param name="Number">The call's number, on x32 with its bit.</param>
/// <param name="Architecture">AUDIT_ARCH_*.</param>
/// <param name="Arguments">Up to six; those that are missing are 0.</param>
internal readonly record struct SeccompData(uint Number, uint Architecture, params ulong[] Arguments)
{
    internal const uint Size = 64;

    /// <summary>Where the call was made.</summary>
    internal ulong InstructionPointer { get; init; }

    /// <summary>The word at an offset, as this machine lays it out.</summary>
    internal uint Word(uint offset) => offset switch
    {
        0 => Number,
        4 => Architecture,
        < 16 => Half(InstructionPointer, offset),
        _ => Half(Argument((offset - 16) / 8), offset),
    };

    private static uint Half(ulong value, uint offset) => (uint)(value >> (IsLow(offset) ? 0 : 32));

    /// <summary>The word at this offset is the lower half of its 64 bits.</summary>
    internal static bool IsLow(uint offset) => (offset % 8 == 0) == BitConverter.IsLittleEndian;

    private ulong Argument(uint index) => Arguments is not null && index < Arguments.Length ? Arguments[index] : 0;
}
