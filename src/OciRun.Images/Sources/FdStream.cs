using OciRun.Linux;

namespace OciRun.Images.Sources;

/// <summary>A part of an open file as a stream to read; several may read the same file, each at its own place.</summary>
internal sealed class FdStream : Stream
{
    private readonly SafeFd _file;
    private readonly bool _owns;
    private readonly long _start, _length;
    private readonly string _name;
    private long _position;

    /// <param name="file">The file.</param>
    /// <param name="start">Where the part begins.</param>
    /// <param name="length">How long it is.</param>
    /// <param name="name">For messages, raw.</param>
    /// <param name="owns">The file is closed with the stream.</param>
    internal FdStream(SafeFd file, long start, long length, string name, bool owns) =>
        (_file, _start, _length, _name, _owns) = (file, start, length, name, owns);

    public override int Read(Span<byte> buffer)
    {
        int wanted = (int)Math.Min(buffer.Length, _length - _position);
        if (wanted <= 0)
        {
            return 0;
        }

        int count = TreeFiles.ReadAt(_file, buffer[..wanted], _start + _position, _name);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Position
    {
        get => _position;
        set => _position = value;
    }

    public override long Length => _length;

    protected override void Dispose(bool disposing)
    {
        if (disposing && _owns)
        {
            _file.Dispose();
        }

        base.Dispose(disposing);
    }

    public override bool CanRead => true;
    public override bool CanSeek => true;
    public override bool CanWrite => false;
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) =>
        _position = offset + (origin == SeekOrigin.Begin ? 0 : origin == SeekOrigin.Current ? _position : _length);
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
