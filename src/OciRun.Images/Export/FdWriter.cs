using OciRun.Linux;

namespace OciRun.Images.Export;

/// <summary>An open file as a stream to write.</summary>
/// <param name="file">Closed with the stream.</param>
/// <param name="name">For messages.</param>
internal sealed class FdWriter(SafeFd file, string name) : Stream
{
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _length;

    internal SafeFd File => file;

    public override void Write(ReadOnlySpan<byte> data)
    {
        if (data.Length > _buffer.Length - _length)
        {
            Flush();
        }

        if (data.Length >= _buffer.Length)
        {
            Files.Write(file, data, name);
            return;
        }

        data.CopyTo(_buffer.AsSpan(_length));
        _length += data.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        Files.Write(file, _buffer.AsSpan(0, _length), name);
        _length = 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            file.Dispose();
        }

        base.Dispose(disposing);
    }

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}
