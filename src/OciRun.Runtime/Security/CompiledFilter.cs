namespace OciRun.Runtime.Security;

/// <summary>A finished program, and what is to be said about how it came to be.</summary>
/// <param name="Program">struct sock_filter after struct sock_filter, 8 bytes each.</param>
/// <param name="UnknownSyscalls">Names of the profile that this libseccomp does not know: their rules are not in the program.</param>
/// <param name="UnknownArchitectures">The same for architectures, by libseccomp's names ("loongarch64").</param>
internal sealed record CompiledFilter(byte[] Program, IReadOnlyList<string> UnknownSyscalls, IReadOnlyList<string> UnknownArchitectures);
