namespace OciRun.Linux;

/// <summary>The kinds of AF_UNIX sockets, unix(7).</summary>
public enum UnixSocketType
{
    /// <summary>SOCK_STREAM.</summary>
    Stream,

    /// <summary>SOCK_SEQPACKET: keeps the borders of messages, knows the end of the connection.</summary>
    SeqPacket,

    /// <summary>SOCK_DGRAM.</summary>
    Datagram,
}
