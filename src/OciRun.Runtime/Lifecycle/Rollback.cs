namespace OciRun.Runtime.Lifecycle;

/// <summary>
/// What has been acquired on the way, in order. Disposed before <see cref="Keep"/>, it is given back in reverse: a failure at any step leaves nothing behind (S13,
/// S25). What cannot be given back is said in the diagnostics, beside the error that is on its way.
/// </summary>
internal sealed class Rollback(Diagnostics diagnostics) : IDisposable
{
    private readonly Stack<(string What, Action Undo)> _undo = [];

    internal void Push(string what, Action undo) => _undo.Push((what, undo));

    /// <summary>It worked: everything stays.</summary>
    internal void Keep() => _undo.Clear();

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_undo.TryPop(out (string What, Action Undo) entry))
        {
            try
            {
                entry.Undo();
            }
            catch (Exception e) when (e is Linux.LinuxException or Cgroups.CgroupException or ContainerException)
            {
                diagnostics.Warn($"while cleaning up: {entry.What}: {e.Message}");
            }
        }
    }
}
