namespace OciRun.Runtime.Init;

/// <summary>Which part of a step failed: enum plan_fail of src/native/plan.h.</summary>
internal enum StageFailure : uint
{
    Call = 0,
    Resolve = 1,
    Create = 2,
    NotPlain = 3,
    OnProc = 4,
    Kind = 5,
    Option = 6,
    NotFound = 7,
    Interpreter = 8,
    Format = 9,
    Outside = 10,
    Hook = 11,
    Timeout = 12,
    DeadInit = 13,
    Plan = 14,
    NoExec = 15,
}
