namespace OciRun.Linux;

/// <summary>A child just started.</summary>
/// <param name="Pid">In our pid namespace.</param>
/// <param name="PidFd">Readable when it has ended.</param>
public readonly record struct SpawnedProcess(int Pid, SafeFd PidFd);
