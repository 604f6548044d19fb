using OciRun.Linux;

namespace OciRun.Images.Layers;

/// <summary>What another stream holds as Zstandard, read only.</summary>
/// <param name="source">The compressed bytes, to their end.</param>
/// <param name="leaveOpen">Whether the source outlives this.</param>
internal sealed class ZstdStream(Stream source, bool leaveOpen = false) : ForwardStream
{
    private readonly ZstdDecoder _decoder = new();
    private readonly byte[] _input = GC.AllocateUninitializedArray<byte>(128 << 10); // ZSTD_DStreamInSize: a block and its header
    private int _start, _end;

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
