using OciRun.Linux;

namespace OciRun.Images.Layers;

/// <summary>What another stream holds as Zstandard, read only.</summary>
/// <param name="source">The compressed bytes, to their end.</param>
/// <param name="leaveOpen">Whether the source outlives this.</param>
internal sealed class ZstdStream(Stream source, bool leaveOpen = false) : Stream
{
    private readonly ZstdDecoder _decoder = new();
    private readonly byte[] _input = GC.AllocateUninitializedArray<byte>(128 << 10); // ZSTD_DStreamInSize: a block and its header
    private int _start, _end;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="InvalidDataException">It is damaged.</exception>
    /// <exception cref="EndOfStreamException">It ends within a frame.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            (int consumed, int produced) = _decoder.Decode(_input.AsSpan(_start, _end - _start), buffer);
            _start += consumed;
            if (produced > 0)
            {
                return produced;
            }

            if (_start == _end)
            {
                (_start, _end) = (0, source.Read(_input));
                if (_end == 0)
                {
                    return _decoder.IsBetweenFrames ? 0 : throw new EndOfStreamException("zstd: the last frame is not complete");
                }
            }
        }

        return 0;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _decoder.Dispose();
            if (!leaveOpen)
            {
                source.Dispose();
            }
        }

        base.Dispose(disposing);
    }
}
