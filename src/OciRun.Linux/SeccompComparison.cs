using System.Runtime.InteropServices;

namespace OciRun.Linux;

/// <summary>A condition of a rule, laid out as struct scmp_arg_cmp of seccomp.h.</summary>
/// <param name="Argument">Number of the argument, 0 to 5.</param>
/// <param name="Operator">The comparison.</param>
/// <param name="DatumA">What to compare with; the mask of <see cref="SeccompOperator.MaskedEqual"/>.</param>
/// <param name="DatumB">What the masked argument must be; unused by the other operators.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct SeccompComparison(uint Argument, SeccompOperator Operator, ulong DatumA, ulong DatumB);
