namespace OciRun.Images.Tar;

/// <summary>The bytes of a stream; one that can seek is skipped without reading.</summary>
/// <param name="stream">Stays the caller's.</param>
internal sealed class StreamSource(Stream stream) : BlockSource
{
    private readonly byte[] _buffer = new byte[65536];
    private int _start, _end;

    /// <summary>How many bytes were taken or skipped: where the next one stands.</summary>
    internal long Position { get; private set; }

    internal override ReadOnlySpan<byte> Take(int max)
    {
        if (_start == _end)
        {
            _start = 0;
            _end = stream.Read(_buffer);
        }

        int count = Math.Min(max, _end - _start);
        var taken = _buffer.AsSpan(_start, count);
        _start += count;
        Position += count;
        return taken;
    }

    internal override bool TrySkip(long count)
    {
        long buffered = Math.Min(count, _end - _start);
        if (count == buffered || !stream.CanSeek)
        {
            return base.TrySkip(count);
        }

        _start = _end = 0;
        Position += count;
        long target = stream.Position + count - buffered;
        stream.Position = Math.Min(target, stream.Length);
        return target <= stream.Length;
    }
}
