namespace OciRun.Runtime.Security;

/// <summary>What is known of a call; the rest may be anything.</summary>
/// <param name="Token">libseccomp's SCMP_ARCH_*, where x32 is one of its own; null: any.</param>
/// <param name="Number">The call's number, on x32 with its bit; null: any.</param>
/// <param name="Arguments">Up to six; null, or missing: any.</param>
internal sealed record SeccompQuestion(uint? Token, uint? Number = null, params ulong?[] Arguments)
{
    /// <summary>AUDIT_ARCH_* as the kernel gives it: x32 is x86-64 with a bit in the number.</summary>
    internal uint? Architecture => Token == FilterAssembly.X32Token ? FilterAssembly.X86_64 : Token;

    internal ulong? Argument(uint index) => index < Arguments.Length ? Arguments[index] : null;

    /// <summary>The word at an offset of struct seccomp_data.</summary>
    internal uint? Word(uint offset) => offset switch
    {
        BpfInstruction.NumberOffset => Number,
        BpfInstruction.ArchitectureOffset => Architecture,
        < BpfInstruction.ArgumentsOffset => null,
        _ => (uint?)(Argument((offset - BpfInstruction.ArgumentsOffset) / 8) >> (SeccompData.IsLow(offset) ? 0 : 32)),
    };
}
