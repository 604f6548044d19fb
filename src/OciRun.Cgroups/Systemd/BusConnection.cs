using System.Globalization;
using System.Text;
using OciRun.Linux;

namespace OciRun.Cgroups.Systemd;

/// <summary>
/// A connection to a D-Bus peer: authenticated by who we are (EXTERNAL), messages out and in, and no wait without an end. Why not a library: docs/adr/0005.
/// </summary>
internal sealed class BusConnection : IDisposable
{
    private readonly SafeFd _socket;
    private readonly int _patience;
    private readonly byte[] _buffer = new byte[4096];
    private byte[] _input = [];
    private uint _serial;

    private BusConnection(SafeFd socket, string path, int patience) => (_socket, Path, _patience) = (socket, path, patience);

    /// <summary>The socket.</summary>
    internal string Path { get; }

    /// <summary>Connects and authenticates; null and the reason when nobody listens there, or not for us.</summary>
    /// <param name="path">Absolute path of the socket.</param>
    /// <param name="patience">Milliseconds for this, and again for the peer to take in each message.</param>
    /// <param name="refusal">One phrase.</param>
    /// <exception cref="CgroupException">The peer does not answer, or what it answers is not of the protocol.</exception>
    internal static BusConnection? TryOpen(string path, int patience, out string refusal)
    {
        var deadline = Environment.TickCount64 + patience;
        var slash = path.LastIndexOf('/');
        using var directory = Files.TryOpen(SafeFd.CurrentDirectory, path[..Math.Max(slash, 1)], OpenFlags.Path | OpenFlags.Directory, out var errno);
        SafeFd? socket = null;
        var wait = 1;
        while (directory is not null && socket is null)
        {
            // Not blocking: behind one who accepts nothing the queue is full one day (EAGAIN), and connect(2) would wait for ever.
            socket = Sockets.TryConnectIn(directory, path[(slash + 1)..], UnixSocketType.Stream, out errno, wait: false);
            if (socket is null && (errno != Errno.EAGAIN || Environment.TickCount64 >= deadline))
            {
                break;
            }
            if (socket is null)
            {
                Thread.Sleep(wait);
                wait = Math.Min(wait * 2, 100);
            }
        }
        refusal = socket is null ? ErrnoText.Describe(errno) : "";
        if (socket is null)
        {
            return null;
        }
        var connection = new BusConnection(socket, path, patience);
        try
        {
            if (connection.Authenticate(deadline))
            {
                return connection;
            }
        }
        catch
        {
            connection.Dispose();
            throw;
        }
        connection.Dispose();
        refusal = "it does not accept us as its user";
        return null;
    }

    /// <summary>Sends a call of a method and returns its serial.</summary>
    /// <exception cref="CgroupException">The peer has closed the connection, or does not read.</exception>
    internal uint Send(string destination, string path, string @interface, string member, byte flags = 0, params IReadOnlyList<BusValue> arguments)
    {
        Send(BusMessage.WriteCall(++_serial, flags, destination, path, @interface, member, arguments));
        return _serial;
    }

    /// <summary>The next message; null when <paramref name="deadline"/> has passed.</summary>
    /// <exception cref="CgroupException">The peer has closed the connection, or is none.</exception>
    internal BusMessage? Receive(long deadline)
    {
        while (_input.Length < BusMessage.FixedHeader || _input.Length < BusMessage.Size(_input))
        {
            if (!Fill(deadline))
            {
                return null;
            }
        }
        var size = BusMessage.Size(_input);
        var message = BusMessage.Parse(_input.AsSpan(0, size));
        _input = _input[size..];
        return message;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    /// <summary>
    /// The peer knows who we are from the kernel. In a user namespace our uid is not what it sees, and naming it would be refused: there no name is given ("AUTH EXTERNAL" and an empty
    /// "DATA"), as sd-bus does. Elsewhere the name goes along, which the oldest servers want.
    /// </summary>
    private bool Authenticate(long deadline)
    {
        var name = Encoding.ASCII.GetBytes(Processes.EffectiveUid.ToString(CultureInfo.InvariantCulture));
        Send(Encoding.ASCII.GetBytes(Processes.InInitialUserNamespace ? $"\0AUTH EXTERNAL {Convert.ToHexString(name)}\r\nBEGIN\r\n" : "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n"));
        while (ReadLine(deadline) is { } line)
        {
            if (line.StartsWith("OK ", StringComparison.Ordinal))
            {
                return true;
            }
            if (line != "DATA")
            {
                return false;
            }
        }
        throw new CgroupException($"systemd does not answer: {Path} accepted a connection, and then was silent");
    }

    private string? ReadLine(long deadline)
    {
        int end;
        while ((end = _input.AsSpan().IndexOf("\r\n"u8)) < 0)
        {
            if (!Fill(deadline))
            {
                return null;
            }
        }
        var line = Encoding.ASCII.GetString(_input.AsSpan(0, end));
        _input = _input[(end + 2)..];
        return line;
    }

    /// <summary>The socket does not block, and takes what its buffer holds: what is left of a long message (thousands of device rules) goes as the peer reads.</summary>
    private void Send(ReadOnlySpan<byte> data)
    {
        var deadline = Environment.TickCount64 + _patience;
        while (data.Length > 0)
        {
            var errno = Sockets.TrySendSome(_socket, data, out var sent);
            data = data[sent..];
            if (errno == Errno.EAGAIN)
            {
                var left = deadline - Environment.TickCount64;
                if (left <= 0 || !Processes.WaitWritable(_socket, (int)left))
                {
                    throw new CgroupException($"systemd does not read what it is sent: {Path} has not taken a message for {_patience / 1000} s");
                }
            }
            else if (errno != Errno.None)
            {
                var cause = new LinuxException("sendmsg", Path, errno);
                throw new CgroupException("cannot ask systemd: " + cause.Message, null, cause);
            }
        }
    }

    private bool Fill(long deadline)
    {
        var left = deadline - Environment.TickCount64;
        if (left <= 0 || Processes.WaitReadable([_socket], (int)left) < 0)
        {
            return false;
        }
        ReceivedMessage received;
        try
        {
            received = Sockets.Receive(_socket, _buffer);
        }
        catch (LinuxException cause)
        {
            throw new CgroupException("cannot hear systemd: " + cause.Message, null, cause);
        }
        received.Descriptor?.Dispose();
        if (received.Length == 0)
        {
            throw new CgroupException($"systemd has closed the connection ({Path})");
        }
        _input = [.. _input, .. _buffer.AsSpan(0, received.Length)];
        return true;
    }
}
