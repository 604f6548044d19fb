namespace OciRun.Runtime.Planning;

/// <summary>The five sets of capabilities(7), a bit each.</summary>
internal readonly record struct CapabilitySets(ulong Bounding, ulong Effective, ulong Permitted, ulong Inheritable, ulong Ambient);
