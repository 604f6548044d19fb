namespace OciRun.Runtime.Criu;

/// <summary>criu_req_type of CRIU's rpc.proto: of requests, and of the answers to them.</summary>
internal enum CriuRequestType
{
    Dump = 1,
    Restore = 2,
    PreDump = 4,
    Notify = 6,
    FeatureCheck = 9,
    Version = 10,
}
