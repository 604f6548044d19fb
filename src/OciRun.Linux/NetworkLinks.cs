using System.Buffers.Binary;
using System.Text;
using Tmds.Linux;

namespace OciRun.Linux;

/// <summary>The network devices of one network namespace, through an rtnetlink(7) socket of it. All integers are in host byte order.</summary>
public sealed class NetworkLinks : IDisposable
{
    private const int AfNetlink = 16, SockRaw = 3, CloseOnExec = 0x80000;
    private const ushort TypeError = 2, TypeDone = 3, SetLink = 16, GetLink = 18, NewAddress = 20, GetAddress = 22;
    private const ushort Request = 0x1, Acknowledge = 0x4, Exclusive = 0x200, Create = 0x400, Dump = 0x300;
    private const int HeaderSize = 16, LinkSize = 16, AddressSize = 8;
    private const ushort LinkName = 3, LinkProcess = 19;
    private const ushort AddressFlags = 8;
    private const uint Up = 1; // IFF_UP
    private const uint Permanent = 0x80; // IFA_F_PERMANENT

    // IFA_F_NODAD, HOMEADDRESS, NOPREFIXROUTE, MCAUTOJOIN: those that were asked for, and not found out by the kernel.
    private const uint AskedFlags = 0x02 | 0x10 | 0x200 | 0x400;

    private readonly SafeFd _socket;
    private uint _sequence;

    /// <summary>Of the namespace that the socket was made in.</summary>
    /// <param name="socket">NETLINK_ROUTE; ours to close from now on.</param>
    public NetworkLinks(SafeFd socket) => _socket = socket;

    /// <summary>Of the namespace that we are in.</summary>
    /// <exception cref="LinuxException">As socket(2).</exception>
    public static NetworkLinks Open()
    {
        int fd = LibC.socket(AfNetlink, SockRaw | CloseOnExec, 0);
        return fd >= 0 ? new NetworkLinks(new SafeFd(fd)) : throw new LinuxException("socket", "AF_NETLINK", (Errno)LibC.errno);
    }

    /// <summary>The index of a device; 0 when there is none of that name.</summary>
    /// <exception cref="LinuxException">As RTM_GETLINK, other than ENODEV.</exception>
    public int Find(string name)
    {
        var message = new Message(GetLink, Acknowledge, LinkSize);
        message.Add(LinkName, name);
        var answers = new List<byte[]>();
        return Exchange(message, answers) switch
        {
            Errno.None when answers.Count > 0 => BinaryPrimitives.ReadInt32LittleEndian(answers[0].AsSpan(HeaderSize + 4)),
            Errno.ENODEV => 0,
            var errno => throw new LinuxException("RTM_GETLINK", Quoting.Quote(name), errno),
        };
    }

    /// <summary>Moves a device to the network namespace of a process, and gives it a name there.</summary>
    public Errno TryMove(int index, int process, string name)
    {
        var message = new Message(SetLink, Acknowledge, LinkSize);
        message.Set(4, (uint)index);
        message.Add(LinkProcess, (uint)process);
        message.Add(LinkName, name);
        return Exchange(message, null);
    }

    /// <summary>Sets a device up.</summary>
    public Errno TrySetUp(int index)
    {
        var message = new Message(SetLink, Acknowledge, LinkSize);
        message.Set(4, (uint)index);
        message.Set(8, Up);
        message.Set(12, Up); // the bits that change
        return Exchange(message, null);
    }

    /// <summary>The permanent addresses of global scope of a device, to be given to <see cref="TryAddAddress"/>.</summary>
    /// <exception cref="LinuxException">As RTM_GETADDR.</exception>
    public List<byte[]> GlobalAddresses(int index)
    {
        var answers = new List<byte[]>();
        if (Exchange(new Message(GetAddress, Dump, AddressSize), answers) is var errno && errno != Errno.None)
        {
            throw new LinuxException("RTM_GETADDR", "", errno);
        }

        answers.RemoveAll(answer =>
            BinaryPrimitives.ReadInt32LittleEndian(answer.AsSpan(HeaderSize + 4)) != index || answer[HeaderSize + 3] != 0 /* RT_SCOPE_UNIVERSE */ || (FlagsOf(answer) & Permanent) == 0);
        return answers;
    }

    /// <summary>Gives an address to a device: prefix, peer, broadcast and metric are those that it had.</summary>
    public Errno TryAddAddress(ReadOnlySpan<byte> address, int index)
    {
        var message = new Message(NewAddress, Acknowledge | Create | Exclusive, AddressSize);
        address.Slice(HeaderSize, 2).CopyTo(message.Span[HeaderSize..]); // family and prefix
        message.Set(4, (uint)index);
        for (ReadOnlySpan<byte> rest = address[(HeaderSize + AddressSize)..]; Next(ref rest, out ushort type, out ReadOnlySpan<byte> value);)
        {
            // IFA_ADDRESS, IFA_LOCAL, IFA_BROADCAST, IFA_RT_PRIORITY; a label would have to begin with the device's name.
            if (type is 1 or 2 or 4 or 9)
            {
                message.Add(type, value);
            }
        }

        message.Add(AddressFlags, FlagsOf(address) & AskedFlags);
        return Exchange(message, null);
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static uint FlagsOf(ReadOnlySpan<byte> address)
    {
        for (ReadOnlySpan<byte> rest = address[(HeaderSize + AddressSize)..]; Next(ref rest, out ushort type, out ReadOnlySpan<byte> value);)
        {
            if (type == AddressFlags)
            {
                return BinaryPrimitives.ReadUInt32LittleEndian(value);
            }
        }

        return address[HeaderSize + 2];
    }

    /// <summary>The next attribute, struct rtattr; false at the end.</summary>
    private static bool Next(ref ReadOnlySpan<byte> rest, out ushort type, out ReadOnlySpan<byte> value)
    {
        int length = rest.Length < 4 ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(rest);
        bool found = length >= 4 && length <= rest.Length;
        type = found ? BinaryPrimitives.ReadUInt16LittleEndian(rest[2..]) : (ushort)0;
        value = found ? rest[4..length] : default;
        rest = found ? rest[Math.Min((length + 3) & ~3, rest.Length)..] : default;
        return found;
    }

    /// <summary>Sends a request and reads all that answers it, up to the kernel's last word.</summary>
    private Errno Exchange(Message message, List<byte[]>? answers)
    {
        if (Sockets.TrySend(_socket, message.Finish(++_sequence)) is var errno && errno != Errno.None)
        {
            return errno;
        }

        byte[] buffer = new byte[32768]; // the most that the kernel puts into one datagram
        while (true)
        {
            int length = Sockets.Receive(_socket, buffer).Length;
            for (int at = 0; at + HeaderSize <= length;)
            {
                int size = BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(at));
                ushort type = BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(at + 4));
                if (size < HeaderSize || at + size > length)
                {
                    return Errno.EPROTO;
                }

                if (type is TypeError or TypeDone)
                {
                    return type == TypeDone ? Errno.None : (Errno)(-BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(at + HeaderSize)));
                }

                answers?.Add(buffer[at..(at + size)]);
                at += (size + 3) & ~3;
            }
        }
    }

    /// <summary>struct nlmsghdr, a fixed part, and attributes.</summary>
    private sealed class Message
    {
        private readonly byte[] _bytes = new byte[256];
        private int _length;

        internal Message(ushort type, ushort flags, int fixedSize)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(Span[4..], type);
            BinaryPrimitives.WriteUInt16LittleEndian(Span[6..], (ushort)(flags | Request));
            _length = HeaderSize + fixedSize;
        }

        internal Span<byte> Span => _bytes;

        /// <summary>A word of the fixed part.</summary>
        internal void Set(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Span[(HeaderSize + offset)..], value);

        internal void Add(ushort type, uint value)
        {
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
            Add(type, bytes);
        }

        internal void Add(ushort type, string text) => Add(type, (ReadOnlySpan<byte>)[.. Encoding.UTF8.GetBytes(text), 0]);

        internal void Add(ushort type, ReadOnlySpan<byte> value)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(Span[_length..], (ushort)(4 + value.Length));
            BinaryPrimitives.WriteUInt16LittleEndian(Span[(_length + 2)..], type);
            value.CopyTo(Span[(_length + 4)..]);
            _length += (4 + value.Length + 3) & ~3;
        }

        internal ReadOnlySpan<byte> Finish(uint sequence)
        {
            BinaryPrimitives.WriteInt32LittleEndian(Span, _length);
            BinaryPrimitives.WriteUInt32LittleEndian(Span[8..], sequence);
            return Span[.._length];
        }
    }
}
