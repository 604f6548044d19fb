using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace OciRun.Integration.Harness;

/// <summary>The engine's end of --console-socket (C50): listens, and receives the master of the container's terminal.</summary>
internal sealed unsafe class ConsoleSocket : IDisposable
{
    private readonly System.Net.Sockets.Socket _listener;

    public ConsoleSocket(string path)
    {
        Path = path;
        _listener = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        _listener.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(path));
        _listener.Listen(1);
    }

    public string Path { get; }

    /// <summary>What came beside the descriptor: the name of the pty.</summary>
    public string Payload { get; private set; } = "";

    /// <summary>Waits for the runtime and returns the master. The caller disposes of it.</summary>
    public FileStream Receive()
    {
        Assert.True(_listener.Poll(TimeSpan.FromSeconds(60), System.Net.Sockets.SelectMode.SelectRead), "the runtime connects to the console socket");
        using var connection = _listener.Accept();
        byte* text = stackalloc byte[4096];
        byte* control = stackalloc byte[64];
        var vector = new iovec { iov_base = text, iov_len = 4096 };
        var message = new msghdr { msg_iov = &vector, msg_iovlen = 1, msg_control = control, msg_controllen = 64 };
        long length = (long)recvmsg((int)connection.Handle, &message, MSG_CMSG_CLOEXEC);
        Assert.True(length > 0, "the message has a payload, as conmon wants it");
        Payload = Marshal.PtrToStringUTF8((nint)text, (int)length);
        var header = CMSG_FIRSTHDR(&message);
        Assert.True(header != null && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS, "the message carries a descriptor");
        var master = new SafeFileHandle(*(int*)CMSG_DATA(header), ownsHandle: true);
        return new FileStream(master, FileAccess.ReadWrite, 0);
    }

    public void Dispose() => _listener.Dispose();
}
