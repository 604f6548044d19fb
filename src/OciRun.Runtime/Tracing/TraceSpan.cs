namespace OciRun.Runtime.Tracing;

/// <summary>Something that takes time, from its beginning until it is disposed. The default one measures nothing.</summary>
/// <param name="measured">What was begun; null: nothing.</param>
internal readonly struct TraceSpan(TraceEvent? measured) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => measured?.Finish();
}
