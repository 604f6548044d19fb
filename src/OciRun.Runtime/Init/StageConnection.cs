using System.Buffers.Binary;
using System.Text;
using OciRun.Linux;

namespace OciRun.Runtime.Init;

/// <summary>Our end of the control socket: SOCK_SEQPACKET, one struct plan_message a packet.</summary>
internal sealed class StageConnection(SafeFd socket) : IDisposable
{
    private const int HeaderSize = 20, TextMax = 4096;
    private readonly byte[] _buffer = new byte[HeaderSize + TextMax];

    internal SafeFd Socket { get; } = socket;

    /// <summary>Sends an answer. A stage that has died shows in the next <see cref="Receive"/>, so EPIPE is not an error here.</summary>
    internal void Send(StageMessageType type, string text = "")
    {
        Span<byte> packet = stackalloc byte[HeaderSize + Encoding.UTF8.GetByteCount(text)];
        packet.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(packet, (uint)type);
        BinaryPrimitives.WriteInt32LittleEndian(packet[16..], packet.Length - HeaderSize);
        Encoding.UTF8.GetBytes(text, packet[HeaderSize..]);
        Errno errno = Sockets.TrySend(Socket, packet);
        if (errno is not (Errno.None or Errno.EPIPE or Errno.ECONNRESET))
        {
            throw new LinuxException("sendmsg", "stage", errno);
        }
    }

    /// <summary>Waits for the next message; null at the end of file: every process that held the other end is gone, or has executed its program.</summary>
    internal StageMessage? Receive()
    {
        ReceivedMessage received;
        try
        {
            received = Sockets.Receive(Socket, _buffer);
        }
        catch (LinuxException e) when (e.Errno == Errno.ECONNRESET)
        {
            // The peer died with an answer of ours unread. The kernel says so once, and before what the peer had sent: its last words are still there.
            received = Sockets.Receive(Socket, _buffer);
        }

        if (received.Length == 0)
        {
            return null;
        }

        ReadOnlySpan<byte> packet = _buffer.AsSpan(0, received.Length);
        if (packet.Length < HeaderSize)
        {
            throw new ContainerException(ErrorCode.Internal, "the init stage sent a message that is too short");
        }

        int length = Math.Min(BinaryPrimitives.ReadInt32LittleEndian(packet[16..]), packet.Length - HeaderSize);
        return new StageMessage(
            (StageMessageType)BinaryPrimitives.ReadUInt32LittleEndian(packet),
            BinaryPrimitives.ReadInt32LittleEndian(packet[4..]),
            (Errno)BinaryPrimitives.ReadInt32LittleEndian(packet[8..]),
            (StageFailure)BinaryPrimitives.ReadUInt32LittleEndian(packet[12..]),
            Encoding.UTF8.GetString(packet.Slice(HeaderSize, Math.Max(length, 0))),
            received.SenderPid,
            received.Descriptor);
    }

    /// <inheritdoc/>
    public void Dispose() => Socket.Dispose();
}
