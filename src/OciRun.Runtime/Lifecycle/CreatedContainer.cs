using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Runtime.State;

namespace OciRun.Runtime.Lifecycle;

/// <summary>A container that has just been created, as run needs it, or restored (without a stage). Disposing gives back descriptors and the lock; the container stays.</summary>
internal sealed record CreatedContainer(ContainerDirectory Directory, StateFile State, int Pid, SafeFd PidFd, StageProcess? Stage, SafeFd? StatusPage, Bundle Bundle) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Directory.Dispose();
        PidFd.Dispose();
        Stage?.Dispose();
        StatusPage?.Dispose();
    }
}
