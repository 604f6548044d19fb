using System.Buffers.Binary;
using System.Text;
using OciRun.Linux;
using OciRun.Runtime.Init;

namespace OciRun.Runtime.Tests.Init;

/// <summary>
/// What the kernel does when a stage dies with an answer of ours unread: recvmsg(2) says ECONNRESET once, before what the stage had sent, and only then gives that.
/// A stage that fails while we are answering it does just this, and its last words are the error that the user has to see.
/// </summary>
public sealed class StageConnectionTests
{
    [Fact]
    public void Receive_PeerClosedWithAnAnswerUnread_GivesItsLastWords()
    {
        (SafeFd ours, SafeFd theirs) = Sockets.SeqPacketPair();
        using var connection = new StageConnection(ours);
        Sockets.TrySend(theirs, Fail(step: 7, Errno.EPERM, "/proc")).Should().Be(Errno.None);
        connection.Send(StageMessageType.Hooked);
        theirs.Dispose();

        StageMessage? message = connection.Receive();

        message.Should().NotBeNull("the failure was sent before the end");
        message!.Type.Should().Be(StageMessageType.Fail);
        message.Step.Should().Be(7);
        message.Errno.Should().Be(Errno.EPERM);
        message.Text.Should().Be("/proc");
        connection.Receive().Should().BeNull("after the last words comes the end of file");
    }

    [Fact]
    public void Receive_PeerClosedWithAnAnswerUnreadAndNoWord_IsTheEnd()
    {
        (SafeFd ours, SafeFd theirs) = Sockets.SeqPacketPair();
        using var connection = new StageConnection(ours);
        connection.Send(StageMessageType.Go);
        theirs.Dispose();

        connection.Receive().Should().BeNull();
    }

    /// <summary>struct plan_message of src/native/plan.h, and its text.</summary>
    private static byte[] Fail(int step, Errno errno, string text)
    {
        byte[] packet = new byte[20 + text.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(packet, (uint)StageMessageType.Fail);
        BinaryPrimitives.WriteInt32LittleEndian(packet.AsSpan(4), step);
        BinaryPrimitives.WriteInt32LittleEndian(packet.AsSpan(8), (int)errno);
        BinaryPrimitives.WriteInt32LittleEndian(packet.AsSpan(16), text.Length);
        Encoding.ASCII.GetBytes(text, packet.AsSpan(20));
        return packet;
    }
}
