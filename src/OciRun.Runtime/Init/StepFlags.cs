namespace OciRun.Runtime.Init;

/// <summary>Flags of a step: STEP_*, and those of single ops (the same bit means different things to different ops), as src/native/plan.h has them.</summary>
[Flags]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1069", Justification = "A bit means what the op of its step says.")]
internal enum StepFlags : ushort
{
    None = 0,
    SkipMissing = 0x8000,
    Optional = 0x4000,
    Warn = 0x2000,
    Fallback = 0x1000,
    SetNamespaceDefer = 0x1,
    BecomeKeepGroups = 0x1,
    ForkInPlace = 0x1,
    BornGoesOn = 0x1,
    TreeRecursive = 0x1,
    TreeByOpener = 0x2,
    TreeDevice = 0x4,
    TreeInRoot = 0x8,
    TreeNofollow = 0x10,
    RootfsAttach = 0x20,
    RootfsTree = 0x80,
    TreeKeepMask = 0x40,
    AttrRecursive = 0x1,
    AttrIdmap = 0x40,
    AttachFile = 0x1,
    AttachDir = 0x2,
    AttachPlain = 0x4,
    AttachOnProc = 0x8,
    CopyUpKeepRoot = 0x1,
    RemountSuper = 0x10,
    ProcHost = 0x1,
    PivotMove = 0x1,
    PivotChroot = 0x2,
    ConsoleBind = 0x1,
    SyncNetlink = 0x1,
    HookInRootfs = 0x1,
    SeccompNotify = 0x1,
    KeyringLenient = 0x1,
    LookupAnyFormat = 0x2,
    LookupNoCheck = 0x1,
}
