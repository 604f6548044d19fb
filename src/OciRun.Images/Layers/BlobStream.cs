using System.IO.Compression;
using OciRun.Images.Model;
using OciRun.Linux;

namespace OciRun.Images.Layers;

/// <summary>
/// A blob as it is read: hashed, counted against the size that its descriptor promises, and copied to a file if there is one to copy it to. What has been read is
/// not trusted before <see cref="Finish"/>.
/// </summary>
internal sealed class BlobStream : ForwardStream
{
    private readonly Stream _source;
    private readonly SafeFd? _copy;
    private readonly Digest _expected;
    private readonly long _size;
    private readonly string _what;
    private readonly Sha2 _hash;
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(256 << 10);
    private int _start, _end;
    private long _count;

    /// <param name="source">The bytes; disposed with this.</param>
    /// <param name="expected">Their digest.</param>
    /// <param name="size">How many there are.</param>
    /// <param name="what">For messages.</param>
    /// <param name="copy">File that gets them; null for none.</param>
    internal BlobStream(Stream source, Digest expected, long size, string what, SafeFd? copy)
    {
        (_source, _expected, _size, _what, _copy) = (source, expected, size, what, copy);
        _hash = Digest.Start(expected.Algorithm);
    }

    /// <summary>Called with the number of bytes read since the last time.</summary>
    internal Action<int>? OnRead { get; init; }

    /// <summary>The content without its compression. Of a member after the last one of gzip nothing is seen, but it counts for the digest.</summary>
    internal Stream Decompress(Compression compression) => compression switch
    {
        Compression.Gzip => new GZipStream(this, CompressionMode.Decompress, leaveOpen: true),
        Compression.Zstd => new ZstdStream(this, leaveOpen: true),
        _ => this,
    };

    public override int Read(Span<byte> buffer)
    {
        if (_start == _end && !Fill())
        {
            return 0;
        }

        int count = Math.Min(buffer.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    /// <summary>Reads to the end, and then knows; the copy is on the disk.</summary>
    /// <exception cref="ImageException">The size or the digest is another.</exception>
    internal void Finish()
    {
        while (Fill())
        {
        }

        if (_count != _size)
        {
            throw new ImageException(ImageError.Invalid, $"{_what} has {_count} bytes, its descriptor says {_size}");
        }

        var actual = Digest.Finish(_hash);
        if (actual != _expected)
        {
            throw new ImageException(ImageError.Invalid, $"{_what} is damaged or forged: its content has the digest {actual}");
        }

        if (_copy is not null)
        {
            TreeFiles.Sync(_copy, _what); // while the last files of the layer are made
        }
    }

    private bool Fill()
    {
        (_start, _end) = (0, _source.Read(_buffer));
        if (_end == 0)
        {
            return false;
        }

        _count += _end;
        if (_count > _size)
        {
            throw new ImageException(ImageError.Invalid, $"{_what} is larger than the {_size} bytes of its descriptor");
        }

        ReadOnlySpan<byte> some = _buffer.AsSpan(0, _end);
        _hash.Append(some);
        if (_copy is not null)
        {
            Files.Write(_copy, some, _what);
        }

        OnRead?.Invoke(_end);
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _source.Dispose();
        }

        base.Dispose(disposing);
    }

    public override long Length => _size;
}
