namespace OciRun.Runtime.Tests.Security;

/// <summary>struct seccomp_data: what a filter sees of a call.</summary>
internal readonly record struct SeccompData(uint Number, uint Architecture, params ulong[] Arguments)
{
    /// <summary>The word at an offset, as a little-endian machine lays it out.</summary>
    internal uint Word(uint offset) => offset switch
    {
        0 => Number,
        4 => Architecture,
        8 or 12 => 0, // instruction pointer
        _ => (uint)(Argument((offset - 16) / 8) >> (offset % 8 == 0 ? 0 : 32)),
    };

    private ulong Argument(uint index) => Arguments is not null && index < Arguments.Length ? Arguments[index] : 0;
}
