using OciRun.Linux;

namespace OciRun.Images.Changes;

/// <summary>Hands on what is written, hashed and counted.</summary>
/// <param name="output">Stays the caller's.</param>
internal sealed class DigestStream(Stream output) : Stream
{
    private readonly Sha2 _hash = Sha2.Start256();

    /// <summary>Bytes so far.</summary>
    internal long Count { get; private set; }

    /// <summary>The digest of all that was written; nothing comes after.</summary>
    internal Digest Finish() => Digest.Finish(_hash);

    public override void Write(ReadOnlySpan<byte> data)
    {
        _hash.Append(data);
        Count += data.Length;
        output.Write(data);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => output.Flush();

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => Count;
    public override long Position { get => Count; set => throw new NotSupportedException(); }
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}
