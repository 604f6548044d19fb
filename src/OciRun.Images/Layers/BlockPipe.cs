using OciRun.Images.Tar;

namespace OciRun.Images.Layers;

/// <summary>
/// A ring of buffers between two threads: one reads, hashes and decompresses, the other makes files. Either may give up; the other hears of it at its next step.
/// </summary>
internal sealed class BlockPipe : BlockSource
{
    private const int Count = 8, Size = 256 << 10;

    private readonly object _gate = new();
    private readonly byte[][] _buffers = new byte[Count][];
    private readonly int[] _lengths = new int[Count];
    private int _filled; // buffers that the writer has handed over, of those that the reader has not given back
    private int _next;   // where the writer goes on
    private int _first, _at;
    private bool _ended, _abandoned;
    private Exception? _failure;

    /// <summary>Writer: a buffer to be filled; waits for one. Null when the reader has given up.</summary>
    internal byte[]? Lease()
    {
        lock (_gate)
        {
            while (_filled == Count && !_abandoned)
            {
                Monitor.Wait(_gate);
            }

            return _abandoned ? null : _buffers[_next] ??= GC.AllocateUninitializedArray<byte>(Size);
        }
    }

    /// <summary>Writer: hands the leased buffer over.</summary>
    internal void Commit(int length)
    {
        lock (_gate)
        {
            _lengths[_next] = length;
            _next = (_next + 1) % Count;
            _filled++;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Writer: that was all; or, with a reason, it was not.</summary>
    internal void End(Exception? failure = null)
    {
        lock (_gate)
        {
            _ended = true;
            _failure = failure;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Reader: wants no more.</summary>
    internal void Abandon()
    {
        lock (_gate)
        {
            _abandoned = true;
            Monitor.PulseAll(_gate);
        }
    }

    internal override ReadOnlySpan<byte> Take(int max)
    {
        if (_at > 0 && _at == _lengths[_first])
        {
            GiveBack();
        }

        lock (_gate)
        {
            while (_filled == 0 && !_ended)
            {
                Monitor.Wait(_gate);
            }

            if (_filled == 0)
            {
                return _failure is null ? [] : throw _failure;
            }
        }

        int count = Math.Min(max, _lengths[_first] - _at);
        var taken = _buffers[_first].AsSpan(_at, count);
        _at += count;
        return taken;
    }

    private void GiveBack()
    {
        lock (_gate)
        {
            _first = (_first + 1) % Count;
            _at = 0;
            _filled--;
            Monitor.PulseAll(_gate);
        }
    }
}
