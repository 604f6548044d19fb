using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Tmds.Linux;

namespace OciRun.Linux;

/// <summary>AF_UNIX sockets and what they carry beside bytes: descriptors and credentials, unix(7).</summary>
public static unsafe class Sockets
{
    private const int AfUnix = 1, Stream = 1, SeqPacket = 5, Datagram = 2, CloExec = 0x80000, NonBlocking = 0x800, SolSocket = 1, SoPassCred = 16, ScmRights = 1, ScmCredentials = 2;
    private const int MsgNoSignal = 0x4000, MsgCmsgCloExec = 0x40000000, MsgDontWait = 0x40;
    private const int PathMax = 108;

    /// <summary>A connected pair of SOCK_SEQPACKET sockets; the first gets the sender's credentials with each message (SO_PASSCRED).</summary>
    /// <exception cref="LinuxException">As socketpair(2).</exception>
    public static (SafeFd Ours, SafeFd Theirs) SeqPacketPair()
    {
        int* pair = stackalloc int[2];
        if (LibC.socketpair(AfUnix, SeqPacket | CloExec, 0, pair) != 0)
        {
            throw new LinuxException("socketpair", "AF_UNIX, SOCK_SEQPACKET", (Errno)LibC.errno);
        }

        var ours = new SafeFd(pair[0]);
        var theirs = new SafeFd(pair[1]);
        int on = 1;
        if (LibC.setsockopt(ours.Number, SolSocket, SoPassCred, &on, (socklen_t)sizeof(int)) != 0)
        {
            throw new LinuxException("setsockopt", "SO_PASSCRED", (Errno)LibC.errno);
        }

        return (ours, theirs);
    }

    /// <summary>Sends one message, with a descriptor where one is given. No SIGPIPE.</summary>
    public static Errno TrySend(SafeFd socket, ReadOnlySpan<byte> data, SafeFd? descriptor = null)
    {
        byte* control = stackalloc byte[24];
        fixed (byte* p = data)
        {
            iovec vector = new() { iov_base = p, iov_len = (size_t)(ulong)data.Length };
            msghdr message = default;
            message.msg_iov = &vector;
            message.msg_iovlen = 1;
            if (descriptor is not null)
            {
                BinaryPrimitives.WriteInt64LittleEndian(new Span<byte>(control, 8), 20);
                BinaryPrimitives.WriteInt32LittleEndian(new Span<byte>(control + 8, 4), SolSocket);
                BinaryPrimitives.WriteInt32LittleEndian(new Span<byte>(control + 12, 4), ScmRights);
                BinaryPrimitives.WriteInt64LittleEndian(new Span<byte>(control + 16, 8), descriptor.Number);
                message.msg_control = control;
                message.msg_controllen = 24;
            }

            while ((long)LibC.sendmsg(socket.Number, &message, MsgNoSignal) < 0)
            {
                if ((Errno)LibC.errno is var errno && errno != Errno.EINTR)
                {
                    return errno;
                }
            }
        }

        return Errno.None;
    }

    /// <summary>Sends as much of a stream as fits in the socket's buffer. No SIGPIPE.</summary>
    /// <param name="socket">A stream socket that does not block.</param>
    /// <param name="data">At least one byte.</param>
    /// <param name="sent">How many of them are gone.</param>
    /// <returns>As send(2); EAGAIN: none fits.</returns>
    public static Errno TrySendSome(SafeFd socket, ReadOnlySpan<byte> data, out int sent)
    {
        fixed (byte* p = data)
        {
            while (true)
            {
                sent = (int)Math.Max((long)LibC.send(socket.Number, p, (size_t)(ulong)data.Length, MsgNoSignal), -1);
                if (sent >= 0)
                {
                    return Errno.None;
                }

                if ((Errno)LibC.errno is var errno && errno != Errno.EINTR)
                {
                    sent = 0;
                    return errno;
                }
            }
        }
    }

    /// <summary>Receives one message with what comes beside it. A length of 0 is the end of file.</summary>
    /// <param name="socket">From where.</param>
    /// <param name="buffer">For the bytes; what does not fit is lost.</param>
    /// <param name="wait">false: EAGAIN when nothing is there.</param>
    /// <exception cref="LinuxException">As recvmsg(2); ECONNRESET when the peer died with unread data.</exception>
    public static ReceivedMessage Receive(SafeFd socket, Span<byte> buffer, bool wait = true)
    {
        byte* control = stackalloc byte[128];
        fixed (byte* p = buffer)
        {
            iovec vector = new() { iov_base = p, iov_len = (size_t)(ulong)buffer.Length };
            msghdr message = default;
            message.msg_iov = &vector;
            message.msg_iovlen = 1;
            message.msg_control = control;
            message.msg_controllen = 128;
            while (true)
            {
                long length = (long)LibC.recvmsg(socket.Number, &message, MsgCmsgCloExec | (wait ? 0 : MsgDontWait));
                if (length >= 0)
                {
                    return Parse((int)length, new ReadOnlySpan<byte>(control, (int)(ulong)message.msg_controllen));
                }

                if ((Errno)LibC.errno is var errno && errno != Errno.EINTR)
                {
                    throw new LinuxException("recvmsg", "", errno);
                }
            }
        }
    }

    /// <summary>
    /// Connects to a stream, packet or datagram socket by its path, which may be longer than the 108 bytes of sun_path: then through
    /// the descriptor of its directory.
    /// </summary>
    /// <exception cref="LinuxException">As connect(2).</exception>
    public static SafeFd Connect(string path, UnixSocketType type)
    {
        SafeFd socket = Create(type);
        Errno errno = WithShortPath(path, address => TryConnect(socket, address));
        if (errno == Errno.None)
        {
            return socket;
        }

        socket.Dispose();
        throw new LinuxException("connect", Quoting.Quote(path), errno);
    }

    /// <summary>Connects to a socket named <paramref name="name"/> in a directory; null and the reason on failure.</summary>
    /// <param name="directory">Where it is.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="type">As the listener's.</param>
    /// <param name="errno">Why not; EAGAIN: it listens, but its queue is full.</param>
    /// <param name="wait">Waits while the queue is full; the socket is non-blocking without.</param>
    public static SafeFd? TryConnectIn(SafeFd directory, string name, UnixSocketType type, out Errno errno, bool wait = true)
    {
        SafeFd socket = Create(type, wait ? 0 : NonBlocking);
        errno = TryConnect(socket, ShortPath(directory, name));
        if (errno == Errno.None)
        {
            return socket;
        }

        socket.Dispose();
        return null;
    }

    /// <summary>A socket bound at <paramref name="name"/> in a directory, mode 0600 (0777 for <paramref name="everyone"/>); packet sockets listen.</summary>
    /// <exception cref="LinuxException">As bind(2) and listen(2).</exception>
    public static SafeFd BindIn(SafeFd directory, string name, UnixSocketType type, bool everyone = false, int backlog = 16)
    {
        SafeFd socket = Create(type);
        // fchmod before bind decides the mode of the file: no moment in which others may connect.
        if (LibC.fchmod(socket.Number, (mode_t)(everyone ? 0x1FFu : 0x180u)) != 0)
        {
            throw new LinuxException("fchmod", "socket", (Errno)LibC.errno);
        }

        Errno errno = Bind(socket, ShortPath(directory, name), everyone);
        if (errno != Errno.None)
        {
            throw new LinuxException("bind", Quoting.Quote(name), errno);
        }

        if (type != UnixSocketType.Datagram && LibC.listen(socket.Number, backlog) != 0)
        {
            throw new LinuxException("listen", Quoting.Quote(name), (Errno)LibC.errno);
        }

        return socket;
    }

    /// <summary>bind(2) applies the umask to the mode: for a socket of everybody it must be none for that moment.</summary>
    private static Errno Bind(SafeFd socket, string path, bool everyone)
    {
        Span<byte> address = stackalloc byte[2 + PathMax];
        int length = Address(path, address);
        mode_t umask = everyone ? LibC.umask(0) : default;
        fixed (byte* a = address)
        {
            Errno errno = LibC.bind(socket.Number, (sockaddr*)a, (socklen_t)length) == 0 ? Errno.None : (Errno)LibC.errno;
            if (everyone)
            {
                _ = LibC.umask(umask);
            }

            return errno;
        }
    }

    private static string ShortPath(SafeFd directory, string name) => directory.ProcPath + "/" + name;

    private static Errno WithShortPath(string path, Func<string, Errno> use)
    {
        if (Encoding.UTF8.GetByteCount(path) < PathMax)
        {
            return use(path);
        }

        int slash = path.LastIndexOf('/');
        string parent = slash <= 0 ? (slash == 0 ? "/" : ".") : path[..slash];
        using SafeFd? directory = Files.TryOpen(SafeFd.CurrentDirectory, parent, OpenFlags.Path | OpenFlags.Directory, out Errno errno);
        return directory is null ? errno : use(ShortPath(directory, path[(slash + 1)..]));
    }

    private static SafeFd Create(UnixSocketType type, int flags = 0)
    {
        int fd = LibC.socket(AfUnix, CloExec | flags | type switch { UnixSocketType.Stream => Stream, UnixSocketType.Datagram => Datagram, _ => SeqPacket }, 0);
        return fd >= 0 ? new SafeFd(fd) : throw new LinuxException("socket", "AF_UNIX", (Errno)LibC.errno);
    }

    private static Errno TryConnect(SafeFd socket, string path)
    {
        Span<byte> address = stackalloc byte[2 + PathMax];
        int length = Address(path, address);
        if (length < 0)
        {
            return Errno.ENAMETOOLONG;
        }

        fixed (byte* a = address)
        {
            return LibC.connect(socket.Number, (sockaddr*)a, (socklen_t)length) == 0 ? Errno.None : (Errno)LibC.errno;
        }
    }

    private static int Address(string path, Span<byte> address)
    {
        if (Encoding.UTF8.GetByteCount(path) >= PathMax)
        {
            return -1;
        }

        address.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(address, AfUnix);
        return 2 + Encoding.UTF8.GetBytes(path, address[2..]) + 1;
    }

    private static ReceivedMessage Parse(int length, ReadOnlySpan<byte> control)
    {
        int pid = 0;
        SafeFd? descriptor = null;
        while (control.Length >= 16)
        {
            int size = (int)BinaryPrimitives.ReadInt64LittleEndian(control);
            int type = BinaryPrimitives.ReadInt32LittleEndian(control[12..]);
            if (size < 16 || size > control.Length)
            {
                break;
            }

            if (type == ScmCredentials)
            {
                pid = BinaryPrimitives.ReadInt32LittleEndian(control[16..]);
            }
            else if (type == ScmRights)
            {
                foreach (int fd in MemoryMarshal.Cast<byte, int>(control[16..size]))
                {
                    descriptor?.Dispose(); // more than one was never asked for
                    descriptor = new SafeFd(fd);
                }
            }

            int aligned = (size + 7) & ~7;
            control = aligned >= control.Length ? default : control[aligned..];
        }

        return new ReceivedMessage(length, pid, descriptor);
    }
}
