namespace OciRun.Runtime.Init;

/// <summary>Messages between us and the stage: enum plan_message_type of src/native/plan.h.</summary>
internal enum StageMessageType : uint
{
    Go = 1,
    Mapped = 2,
    Hooked = 3,
    Limited = 4,
    Home = 5,
    Commit = 6,
    Map = 32,
    Born = 33,
    Mounted = 34,
    Netsock = 35,
    Pty = 36,
    Passwd = 37,
    Limits = 38,
    Ready = 39,
    Fail = 40,
    Warn = 41,
}
