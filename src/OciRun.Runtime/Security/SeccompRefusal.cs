namespace OciRun.Runtime.Security;

/// <summary>Calls that a profile has refused to a program, all alike.</summary>
/// <param name="Call">Its name; null: libseccomp knows none.</param>
/// <param name="Number">Its number.</param>
/// <param name="Architecture">libseccomp's word.</param>
/// <param name="Arguments">The six of the first such call; what a call does not have is whatever was in the registers.</param>
/// <param name="Action">SCMP_ACT_*.</param>
/// <param name="Errno">The name of what the call returned; null: it ended its process.</param>
/// <param name="Reason">Why.</param>
/// <param name="Place">JSON pointer of what says so.</param>
/// <param name="Line">Its line in config.json, from 1.</param>
/// <param name="Remedy">What would allow it; for <see cref="SeccompReason.Unknown"/> what is wrong instead.</param>
/// <param name="Program">The name of the program, as /proc/PID/comm has it.</param>
/// <param name="Pid">The first process, as we see it.</param>
public sealed record SeccompRefusal(
    string? Call, uint Number, string Architecture, ulong[] Arguments, string Action, string? Errno, SeccompReason Reason, string Place, int Line, string Remedy, string Program, int Pid)
{
    /// <summary>How many.</summary>
    public int Count { get; internal set; }

    /// <summary>The program handles, ignores or blocks SIGSYS, or is the init of its namespace: SIGKILL has ended it instead.</summary>
    public bool EndedBySigkill { get; internal set; }

    /// <summary>There were too many kinds of calls: <see cref="Count"/> is that of all without a row of their own, of which this is the first.</summary>
    public bool IsRest { get; internal init; }
}
