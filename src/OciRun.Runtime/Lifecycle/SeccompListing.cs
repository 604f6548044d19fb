using OciRun.Runtime.Security;

namespace OciRun.Runtime.Lifecycle;

/// <summary>A compiled filter, to be looked at.</summary>
/// <param name="Architectures">libseccomp's words for those that it is for.</param>
/// <param name="Flags">SECCOMP_FILTER_FLAG_* that it is loaded with.</param>
/// <param name="UnknownSyscalls">Names of the profile that libseccomp does not know: their rules are not in it.</param>
/// <param name="InstructionCount">Of the whole filter.</param>
/// <param name="Lines">The instructions that were asked for.</param>
public sealed record SeccompListing(
    IReadOnlyList<string> Architectures, IReadOnlyList<string> Flags, IReadOnlyList<string> UnknownSyscalls, int InstructionCount, IReadOnlyList<BpfLine> Lines);
