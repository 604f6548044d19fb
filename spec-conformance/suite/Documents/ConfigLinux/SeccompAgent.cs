using System.Net.Sockets;
using System.Text;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace OciRun.Conformance.Documents.ConfigLinux;

/// <summary>The listening end of seccomp's listenerPath: takes what the runtime sends.</summary>
internal sealed unsafe class SeccompAgent : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <param name="path">Where the runtime connects to; at most 107 bytes.</param>
    public SeccompAgent(string path)
    {
        Path = path;
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(8);
    }

    public string Path { get; }

    /// <summary>A connection waits.</summary>
    public bool HasConnection => _listener.Poll(TimeSpan.Zero, SelectMode.SelectRead);

    /// <summary>
    /// One connection to its end. The descriptors are closed again, after a look at what they are: the container's waiting calls fail then (seccomp_unotify(2)).
    /// </summary>
    public Delivery Receive()
    {
        Check.That(_listener.Poll(TimeSpan.FromSeconds(10 * Command.Patience), SelectMode.SelectRead), "the runtime does not connect to the listener");
        using var connection = _listener.Accept();
        connection.ReceiveTimeout = 10_000 * Command.Patience;
        var text = new StringBuilder();
        var targets = new List<string[]>();
        byte* bytes = stackalloc byte[65536];
        byte* control = stackalloc byte[256];
        while (true)
        {
            Check.That(connection.Poll(TimeSpan.FromSeconds(10 * Command.Patience), SelectMode.SelectRead), "the runtime does not close the connection");
            var vector = new iovec { iov_base = bytes, iov_len = 65536 };
            var message = new msghdr { msg_iov = &vector, msg_iovlen = 1, msg_control = control, msg_controllen = 256 };
            long length = (long)recvmsg((int)connection.Handle, &message, MSG_CMSG_CLOEXEC);
            if (length <= 0)
                return new Delivery(text.ToString(), targets);
            text.Append(Encoding.UTF8.GetString(bytes, (int)length));
            targets.Add(Descriptors(&message));
        }
    }

    private static string[] Descriptors(msghdr* message)
    {
        var header = CMSG_FIRSTHDR(message);
        if (header == null || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            return [];
        int count = ((int)(ulong)header->cmsg_len - (int)(CMSG_DATA(header) - (byte*)header)) / sizeof(int);
        int* numbers = (int*)CMSG_DATA(header);
        string[] targets = new string[count];
        for (int i = 0; i < count; i++)
        {
            targets[i] = File.ResolveLinkTarget($"/proc/self/fd/{numbers[i]}", false)!.Name;
            _ = close(numbers[i]);
        }
        return targets;
    }

    public void Dispose() => _listener.Dispose();
}

/// <summary>What came on one connection.</summary>
/// <param name="Text">The whole payload.</param>
/// <param name="Descriptors">Of each message that was received, what the descriptors in it are: "anon_inode:seccomp notify".</param>
internal sealed record Delivery(string Text, List<string[]> Descriptors)
{
    /// <summary>The payload, which must be one JSON object.</summary>
    public JsonObject State
    {
        get
        {
            try
            {
                return JsonNode.Parse(Text)!.AsObject();
            }
            catch (Exception e) when (e is System.Text.Json.JsonException or InvalidOperationException)
            {
                throw new ClauseViolatedException($"what was sent is not one JSON object: {Text}");
            }
        }
    }
}
