using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace OciRun.Conformance.Containers;

/// <summary>The caller's end of --console-socket, by which every runtime of this family hands over a container's terminal.</summary>
internal sealed unsafe class ConsoleSocket : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <param name="path">Where the runtime connects to; at most 107 bytes.</param>
    public ConsoleSocket(string path)
    {
        Path = path;
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(1);
    }

    public string Path { get; }

    /// <summary>The terminal's master, which the runtime has sent. The caller disposes of it.</summary>
    public SafeFileHandle Receive()
    {
        Check.That(_listener.Poll(TimeSpan.FromSeconds(10 * Command.Patience), SelectMode.SelectRead), "the runtime does not connect to the console socket");
        using var connection = _listener.Accept();
        byte* text = stackalloc byte[4096];
        byte* control = stackalloc byte[64];
        var vector = new iovec { iov_base = text, iov_len = 4096 };
        var message = new msghdr { msg_iov = &vector, msg_iovlen = 1, msg_control = control, msg_controllen = 64 };
        Check.That((long)recvmsg((int)connection.Handle, &message, MSG_CMSG_CLOEXEC) > 0, "the console socket was closed without a message");
        var header = CMSG_FIRSTHDR(&message);
        Check.That(header != null && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS, "the message on the console socket carries no descriptor");
        return new SafeFileHandle(*(int*)CMSG_DATA(header), ownsHandle: true);
    }

    public void Dispose() => _listener.Dispose();
}
